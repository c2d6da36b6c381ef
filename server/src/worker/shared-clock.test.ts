import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import { createSharedClock } from './shared-clock.ts';

test('a jump of the wall clock of this machine moves nothing', async () => {
  const clock = createFakeClock();
  const shared = createSharedClock(clock);
  const before = shared.now();
  clock.jump(7_200_000);
  await clock.advance(1_000);
  assert.equal(shared.now(), before + 1_000);
});

test('it follows the database, from the middle of the time that the answer took', async () => {
  const clock = createFakeClock();
  const shared = createSharedClock(clock);
  const askedAt = clock.monotonic();
  await clock.advance(100);
  shared.sync(5_000_000, askedAt);
  assert.equal(shared.now(), 5_000_050);
  await clock.advance(10);
  assert.equal(shared.now(), 5_000_060);
});

test('an answer no better than what is known already is left aside', async () => {
  const clock = createFakeClock();
  const shared = createSharedClock(clock);
  shared.sync(5_000_000, clock.monotonic());
  const askedAt = clock.monotonic();
  await clock.advance(1_000);
  shared.sync(5_000_900, askedAt);
  assert.equal(shared.now(), 5_001_000);
});
