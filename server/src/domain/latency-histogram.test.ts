import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addLatency, emptyHistogram, quantileOf } from './latency-histogram.ts';

test('a quantile is that of the sorted values, right to 5 %', () => {
  const values = fc.array(fc.double({ min: 1, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, q) => {
      const parts = [emptyHistogram(), emptyHistogram()];
      all.forEach((ms, i) => addLatency(parts[i % 2]!, ms));
      const exact = all.toSorted((a, b) => a - b)[Math.ceil(q * all.length - 1e-9) - 1]!;
      const found = quantileOf(parts, q)!;
      assert.ok(found >= exact * 0.999 && found <= exact * 1.051, `${found} for ${exact}`);
    }),
  );
});

test('nothing was measured, so there is no quantile', () => {
  assert.equal(quantileOf([emptyHistogram()], 0.5), null);
});
