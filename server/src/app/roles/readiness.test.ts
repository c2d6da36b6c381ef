import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';
import { createReadiness } from './readiness.ts';

/** A clock on which every wait is over at once. */
const impatient: Clock = { ...systemClock, sleep: async () => undefined };

test('a database that hangs is not ready, and is asked once however many want to know', async () => {
  let asked = 0;
  let answer: () => void = () => undefined;
  const query = async () => {
    asked++;
    await new Promise<void>((resolve) => (answer = resolve));
    return { rows: [], rowCount: 0 };
  };
  const { reasons: readiness } = createReadiness({ query } as never, impatient);
  const told = await Promise.all([readiness(), readiness(), readiness()]);
  assert.deepEqual(told, Array(3).fill(['The database does not answer.']));
  assert.equal(asked, 1);
  answer();
  await new Promise((resolve) => setImmediate(resolve));
  const later = readiness();
  assert.equal(asked, 2);
  answer();
  await later;
});

test('readiness says why the database does not answer', async () => {
  const answers = [
    () => Promise.resolve({}),
    () => Promise.reject(new Error('The database does not answer at db:5432.')),
  ];
  const { reasons: readiness } = createReadiness({ query: () => answers.shift()?.() } as never, systemClock);
  assert.deepEqual(await readiness(), []);
  assert.deepEqual(await readiness(), ['The database does not answer at db:5432.']);
});
