import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { availabilityOf } from './availability.ts';
import type { CollectorHours } from './availability.ts';

const collector = (intervalSeconds: number, made: number[], answered: number[]): CollectorHours => ({
  intervalSeconds,
  made: Float64Array.from(made),
  answered: Float64Array.from(answered),
});

const shares = (hours: number, ...collectors: CollectorHours[]) => {
  const { up, down, unknown } = availabilityOf(hours, collectors);
  return [up, down, unknown];
};

test('a device that answers every poll is up, one that answers none is down', () => {
  assert.deepEqual(shares(2, collector(60, [60, 60], [60, 60])), [2, 0, 0]);
  assert.deepEqual(shares(2, collector(60, [60, 60], [0, 0])), [0, 2, 0]);
  assert.deepEqual(shares(2, collector(60, [60, 60], [60, 30])), [1.5, 0.5, 0]);
});

test('polls that were not made are unknown, never up, and counted as missed', () => {
  const found = availabilityOf(2, [collector(60, [30, 0], [30, 0])]);
  assert.deepEqual([found.up, found.down, found.unknown], [0.5, 0, 1.5]);
  assert.deepEqual([found.due, found.made, found.answered, found.missed], [120, 30, 30, 90]);
  assert.deepEqual(shares(3), [0, 0, 3]);
});

test('one collector that answers is enough to be up; where one is silent the other one counts', () => {
  assert.deepEqual(shares(1, collector(60, [60], [60]), collector(300, [12], [0])), [1, 0, 0]);
  assert.deepEqual(shares(2, collector(60, [60, 0], [60, 0]), collector(300, [0, 12], [0, 12])), [2, 0, 0]);
});

test('an interval that does not divide the hour, or is longer than it, leaves nothing unknown', () => {
  assert.deepEqual(shares(2, collector(7, [514, 515], [514, 515])), [2, 0, 0]);
  assert.deepEqual(shares(5, collector(5_400, [0, 1, 0, 1, 1], [0, 1, 0, 0, 0])), [2, 3, 0]);
  assert.deepEqual(shares(3, collector(7_200, [1, 0, 0], [1, 0, 0])), [3, 0, 0]);
});

test('whatever was polled, the shares are those of all the time, and up is never more than what had an answer', () => {
  const hour = fc.record({ made: fc.nat({ max: 4_000 }), missing: fc.nat({ max: 4_000 }) });
  const one = fc.record({
    intervalSeconds: fc.integer({ min: 1, max: 86_400 }),
    hours: fc.array(hour, { minLength: 6, maxLength: 6 }),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 3 }), (all) => {
      const collectors = all.map(({ intervalSeconds, hours }) =>
        collector(
          intervalSeconds,
          hours.map(({ made }) => made),
          hours.map(({ made, missing }) => Math.max(0, made - missing)),
        ),
      );
      const { up, down, unknown, answered } = availabilityOf(6, collectors);
      assert.ok(up >= 0 && down >= -1e-9 && unknown >= -1e-9);
      assert.ok(Math.abs(up + down + unknown - 6) < 1e-9);
      if (answered === 0) assert.equal(up, 0);
    }),
  );
});
