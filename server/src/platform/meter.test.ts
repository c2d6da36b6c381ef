import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHistogram, createMeter, quantileOf, since } from './meter.ts';

test('a histogram counts every value once, in the first bucket whose end it does not exceed', () => {
  const histogram = createHistogram([0.1, 1, 10]);
  for (const value of [0, 0.1, 0.11, 1, 5, 11, 1e9]) histogram.observe(value);
  const { counts, sum } = histogram.reading();
  assert.deepEqual(counts, [2, 2, 1, 2]);
  assert.equal(sum, 0 + 0.1 + 0.11 + 1 + 5 + 11 + 1e9);
});

test('a quantile lies in the bucket of the value that it stands for', () => {
  const bounds = [1, 2, 4, 8, 16];
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 16, noNaN: true }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, q) => {
        const histogram = createHistogram(bounds);
        for (const value of values) histogram.observe(value);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
        const found = quantileOf(histogram.reading(), q);
        const bucket = bounds.findIndex((end) => exact <= end);
        assert.ok(
          found <= (bounds[bucket] ?? 0) + 1e-9 && found >= (bounds[bucket - 1] ?? 0) - 1e-9,
          `${found} of ${exact}`,
        );
      },
    ),
  );
  assert.equal(quantileOf(createHistogram(bounds).reading(), 0.99), 0);
});

test('what came since an earlier reading is told, and a process that began anew counts from its beginning', () => {
  const histogram = createHistogram([1, 2]);
  histogram.observe(0.5);
  const before = histogram.reading();
  histogram.observe(1.5);
  assert.deepEqual(since(histogram.reading(), before), { bounds: [1, 2], counts: [0, 1, 0], sum: 1.5 });
  const anew = createHistogram([1, 2]);
  anew.observe(3);
  assert.deepEqual(since(anew.reading(), before).counts, [0, 0, 1]);
});

test('a meter answers the same histogram for the same name', () => {
  const meter = createMeter();
  meter.histogram('poll_seconds').observe(1);
  meter.histogram('poll_seconds').observe(2);
  meter.count('failures_total{of="x"}');
  meter.count('failures_total{of="x"}');
  assert.equal(meter.histograms()['poll_seconds']?.sum, 3);
  meter.count('refusals_total', 0);
  assert.deepEqual(meter.counters(), { 'failures_total{of="x"}': 2, refusals_total: 0 });
});
