import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import { createRestartDelay } from './restart-delay.ts';

test('a process that dies before it has worked for long waits ever longer, half a minute at most', async () => {
  const clock = createFakeClock();
  const delay = createRestartDelay(clock);
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    // A start that takes long is no work yet.
    await clock.advance(60_000);
    if (i % 2 === 0) delay.ready();
    await clock.advance(2_000);
    waits.push(delay.ended());
  }
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('one that is killed again and again, but works in between, is started again at once each time', async () => {
  const clock = createFakeClock();
  const delay = createRestartDelay(clock);
  for (let i = 0; i < 20; i++) {
    await clock.advance(3_000);
    delay.ready();
    await clock.advance(30_000);
    assert.equal(delay.ended(), 500);
  }
});
