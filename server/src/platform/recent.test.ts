import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from './fake-clock.ts';
import { tidyHeap } from './heap.ts';
import { createRecent } from './recent.ts';

/** Answers 1, 2, 3, … */
function counting() {
  let asked = 0;
  return { ask: async () => ++asked, asked: () => asked };
}

test('asked again within the time, or meanwhile, nobody is asked; later somebody is', async () => {
  const clock = createFakeClock();
  const recent = createRecent<number>(clock, { ms: 500, max: 10 });
  const { ask } = counting();
  assert.deepEqual(await Promise.all([recent.get('a', ask), recent.get('a', ask)]), [1, 1]);
  await clock.advance(499);
  assert.equal(await recent.get('a', ask), 1);
  assert.equal(await recent.get('b', ask), 2);
  await clock.advance(1);
  assert.equal(await recent.get('a', ask), 3);
});

test('what is forgotten is asked anew, and an answer that was on its way then is not kept', async () => {
  const recent = createRecent<number>(createFakeClock(), { ms: 500, max: 10 });
  const { promise, resolve } = Promise.withResolvers<number>();
  const before = recent.get('a', () => promise);
  recent.forget();
  resolve(1);
  assert.equal(await before, 1);
  assert.equal(await recent.get('a', async () => 2), 2);
});

test('a failure is told to all who waited for it, and to nobody after', async () => {
  const recent = createRecent<number>(createFakeClock(), { ms: 500, max: 10 });
  const fails = () => Promise.reject(new Error('away'));
  const both = await Promise.allSettled([recent.get('a', fails), recent.get('a', fails)]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(await recent.get('a', async () => 1), 1);
});

test('no more is kept than there is room for', async () => {
  const recent = createRecent<number>(createFakeClock(), { ms: 500, max: 2 });
  const { ask, asked } = counting();
  for (const key of ['a', 'b', 'c', 'a']) await recent.get(key, ask);
  assert.equal(asked(), 4);
});

test('what is no longer good is not held, once anything is asked again', async () => {
  const clock = createFakeClock();
  const recent = createRecent<object>(clock, { ms: 500, max: 10 });
  const held: WeakRef<object>[] = [];
  for (const key of ['a', 'b', 'c']) {
    await recent.get(key, async () => {
      const answer = { key };
      held.push(new WeakRef(answer));
      return answer;
    });
    await clock.advance(200);
  }
  await recent.get('d', async () => ({}));
  await clock.advance(0);
  tidyHeap();
  assert.deepEqual(
    held.map((answer) => answer.deref() !== undefined),
    [false, true, true],
  );
});
