import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '#platform/clock.ts';
import { firstToAnswer } from './firstToAnswer.ts';

const options = { clock: systemClock, headStartMs: 20, signal: new AbortController().signal };

/** An attempt that takes as long and then gives its name, or fails with it. */
function attempt(name: string, ms: number, fails: boolean, log: string[]) {
  return async (signal: AbortSignal): Promise<string> => {
    log.push(name);
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      log.push(`${name} aborted`);
      throw error;
    }
    if (fails) throw new Error(name);
    return name;
  };
}

test('an attempt that succeeds within its head start is the only one', async () => {
  const log: string[] = [];
  assert.equal(await firstToAnswer([attempt('a', 1, false, log), attempt('b', 1, false, log)], options), 'a');
  assert.deepEqual(log, ['a']);
});

test('a silent attempt does not hold up the next one, and is aborted when that succeeds', async () => {
  const log: string[] = [];
  assert.equal(await firstToAnswer([attempt('a', 5000, false, log), attempt('b', 1, false, log)], options), 'b');
  await sleep(1);
  assert.deepEqual(log, ['a', 'b', 'a aborted']);
});

test('an attempt that fails at once makes way at once, and the first failure is told when all fail', async () => {
  const log: string[] = [];
  const attempts = [attempt('a', 40, true, log), attempt('b', 1, true, log), attempt('c', 1, true, log)];
  await assert.rejects(firstToAnswer(attempts, options), { message: 'a' });
  assert.deepEqual(log, ['a', 'b', 'c']);
});

test('an abort from outside ends all of them with its reason', async () => {
  const abort = new AbortController();
  const reason = new Error('enough');
  const log: string[] = [];
  const outcome = firstToAnswer([attempt('a', 5000, false, log)], { ...options, signal: abort.signal });
  setTimeout(() => abort.abort(reason), 5);
  await assert.rejects(outcome, reason);
});
