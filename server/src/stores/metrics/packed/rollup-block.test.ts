import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addBuckets, addSamples, emptyBuckets, toPoints } from '#stores/metrics/aggregate.ts';
import type { Buckets } from '#stores/metrics/aggregate.ts';
import { decodeBlock } from './codec.ts';
import { emptyMatrix, encodeRollup, rollupReader } from './rollup-block.ts';

// No negative zero: whether the smallest of 0 and -0 is the one or the other is no promise of a roll-up.
const value = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 45 }),
  fc.double({ noDefaultInfinity: true }).map((x) => x + 0),
  fc.constant(Number.NaN),
);
const series = fc.record({
  kind: fc.constantFrom('gauge' as const, 'counter' as const, 'state' as const),
  values: fc.array(value, { maxLength: 60 }),
  restarted: fc.boolean(),
});

function fill(buckets: Buckets, values: readonly number[], restarted: boolean): Buckets {
  const at = Float64Array.from(values, (_, i) => 540_000 + i * 60_000);
  const polledAt = at.map((t, i) => t + ((i * 7) % 11) * 100);
  const marks = new Uint8Array(values.length);
  if (restarted && marks.length > 3) marks[3] = 1;
  addSamples(buckets, { length: values.length, at, polledAt, values: Float64Array.from(values), restarted: marks });
  return buckets;
}

test('spans read out of a block give the same points as before', () => {
  fc.assert(
    fc.property(fc.array(series, { minLength: 1, maxLength: 6 }), (all) => {
      const kinds = all.map((one) => one.kind);
      const matrix = emptyMatrix(600_000, 300_000, 12, kinds);
      for (const [i, one] of all.entries()) fill(matrix.series[i]!, one.values, one.restarted);
      const block = decodeBlock(encodeRollup(matrix));
      const [everything, growth] = [rollupReader(block, 300_000), rollupReader(block, 300_000, 'growth')];
      for (const [i, one] of all.entries()) {
        const direct = emptyBuckets(0, 600_000, 8, one.kind);
        addBuckets(direct, fill(emptyBuckets(600_000, 300_000, 12, one.kind), one.values, one.restarted));
        const back = emptyBuckets(0, 600_000, 8, one.kind);
        addBuckets(back, everything(i, one.kind));
        const functions =
          one.kind === 'counter'
            ? (['last', 'rate', 'increase'] as const)
            : (['avg', 'min', 'max', 'last', 'sum'] as const);
        for (const fn of functions) assert.deepEqual(toPoints(back, fn), toPoints(direct, fn), fn);
        const grown = emptyBuckets(0, 600_000, 8, one.kind);
        addBuckets(grown, growth(i, one.kind));
        for (const fn of ['rate', 'increase'] as const) assert.deepEqual(toPoints(grown, fn), toPoints(direct, fn), fn);
      }
    }),
  );
});

test('count and covered time that all series share are written once', () => {
  const bytes = (count: number) => {
    const matrix = emptyMatrix(
      600_000,
      300_000,
      12,
      Array.from({ length: count }, () => 'counter' as const),
    );
    for (const [i, buckets] of matrix.series.entries()) {
      fill(
        buckets,
        Array.from({ length: 61 }, (_, n) => 1e6 + i + n * n * 37),
        false,
      );
    }
    return encodeRollup(matrix).length;
  };
  const each = (bytes(100) - bytes(1)) / 99;
  assert.ok(each < 50, `${each} bytes a series and hour`);
});
