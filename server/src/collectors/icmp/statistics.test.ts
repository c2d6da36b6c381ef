import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { summarizeRoundTrips } from './statistics.ts';

test('loss, mean and jitter of a poll with a gap', () => {
  const { rttMs, lossPercent, jitterMs } = summarizeRoundTrips(Float64Array.of(10, 14, Number.NaN, 20, 18));
  assert.equal(rttMs, 15.5);
  assert.equal(lossPercent, 20);
  assert.equal(jitterMs, 3);
});

test('all lost is a loss of 100 percent and no round trip', () => {
  const all = summarizeRoundTrips(new Float64Array(5).fill(Number.NaN));
  assert.deepEqual(all, { rttMs: Number.NaN, lossPercent: 100, jitterMs: Number.NaN });
});

test('the mean lies between the extremes, jitter never exceeds their distance', () => {
  const roundTrip = fc.oneof(fc.double({ min: 0, max: 1e4, noNaN: true }), fc.constant(Number.NaN));
  fc.assert(
    fc.property(fc.array(roundTrip, { minLength: 1, maxLength: 50 }), (list) => {
      const { rttMs, lossPercent, jitterMs } = summarizeRoundTrips(Float64Array.from(list));
      const answered = list.filter((value) => !Number.isNaN(value));
      assert.ok(Math.abs(lossPercent - (100 * (list.length - answered.length)) / list.length) < 1e-9);
      if (answered.length === 0) return;
      const [least, most] = [Math.min(...answered), Math.max(...answered)];
      assert.ok(rttMs >= least - 1e-6 && rttMs <= most + 1e-6);
      assert.ok(Number.isNaN(jitterMs) || (jitterMs >= 0 && jitterMs <= most - least + 1e-6));
    }),
  );
});
