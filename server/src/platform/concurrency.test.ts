import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { forEachLimited } from './concurrency.ts';

test('every item is worked once, and never more at once than allowed', async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await forEachLimited([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++running);
    await turn();
    seen.push(item);
    running -= 1;
  });
  assert.deepEqual(seen.toSorted(), [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(most, 3);
  await forEachLimited([], 3, () => Promise.reject(new Error('never')));
});

test('after a failure nothing new begins, and what runs is waited for', async () => {
  const ended: number[] = [];
  const work = async (item: number) => {
    if (item === 1) throw new Error('one failed');
    await turn();
    ended.push(item);
  };
  await assert.rejects(forEachLimited([1, 2, 3, 4], 2, work), /one failed/);
  assert.deepEqual(ended, [2]);
});
