import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { atMost, systemClock } from './clock.ts';

test('a sleep that is aborted, before or meanwhile, rejects with the reason of its signal', async () => {
  const reason = new Error('enough');
  const stopping = new AbortController();
  const sleeping = systemClock.sleep(60_000, stopping.signal);
  stopping.abort(reason);
  await assert.rejects(sleeping, reason);
  await assert.rejects(systemClock.sleep(60_000, stopping.signal), reason);
});

test('a sleep that is over leaves nothing at its signal', async () => {
  const { signal } = new AbortController();
  await systemClock.sleep(1, signal);
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('work that is done in time is told from work that is not, and what fails in time fails', async () => {
  assert.equal(await atMost(systemClock, 60_000, Promise.resolve(1)), true);
  assert.equal(await atMost(systemClock, 1, new Promise(() => undefined)), false);
  await assert.rejects(atMost(systemClock, 60_000, Promise.reject(new Error('broken'))), /broken/);
});
