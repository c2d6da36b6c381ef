import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFakeClock } from '#platform/fake-clock.ts';
import { createSharedClock } from './shared-clock.ts';

/** As in the clock. */
const NOISE_MS = 5;

test('a jump of the wall clock of this machine moves nothing', async () => {
  const clock = createFakeClock();
  const shared = createSharedClock(clock);
  const before = shared.now();
  clock.jump(7_200_000);
  await clock.advance(1_000);
  assert.equal(shared.now(), before + 1_000);
});

test('it follows the database as far as the answer proves, which may be as old as the question', async () => {
  const clock = createFakeClock();
  const shared = createSharedClock(clock);
  const ahead = clock.now() + 1_000_000;
  const askedAt = clock.monotonic();
  await clock.advance(100);
  shared.sync(ahead, askedAt);
  assert.equal(shared.now(), ahead);
  await clock.advance(10);
  assert.equal(shared.now(), ahead + 10);
});

test('whatever is held up on its way, it is no further from the database than it was, or than noise', async () => {
  const look = fc.record({
    pause: fc.nat(5_000),
    /** The database looks at its clock after `there`; the answer is read after `back`. */
    there: fc.oneof(fc.nat(3), fc.nat(20_000)),
    back: fc.oneof(fc.nat(3), fc.nat(20_000)),
    /** What its clock and ours drift apart by. */
    drift: fc.integer({ min: -6, max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(look, { maxLength: 20 }), async (looks) => {
      const clock = createFakeClock();
      const shared = createSharedClock(clock);
      let apart = 0;
      const database = () => clock.now() + apart;
      let error = 0;
      for (const { pause, there, back, drift } of looks) {
        await clock.advance(pause);
        apart += drift;
        error += Math.abs(drift);
        const askedAt = clock.monotonic();
        await clock.advance(there);
        const said = database();
        await clock.advance(back);
        shared.sync(said, askedAt);
        const now = Math.abs(shared.now() - database());
        assert.ok(now <= Math.max(error, NOISE_MS), `${now} ms off, where ${error} could be`);
        if (there + back <= 6) assert.ok(now <= NOISE_MS + there + back);
        error = now;
      }
    }),
    { numRuns: 300 },
  );
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
