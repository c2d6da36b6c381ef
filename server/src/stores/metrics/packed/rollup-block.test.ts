import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addBuckets, addSamples, emptyBuckets, toPoints } from '#stores/metrics/aggregate.ts';
import type { Buckets } from '#stores/metrics/aggregate.ts';
import { decodeBlock } from './codec.ts';
import { encodeRollup, rollupReader } from './rollup-block.ts';

const value = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 45 }),
  fc.double({ noDefaultInfinity: true }),
  fc.constant(Number.NaN),
);
const series = fc.record({
  kind: fc.constantFrom('gauge' as const, 'counter' as const, 'state' as const),
  values: fc.array(value, { maxLength: 60 }),
  restarted: fc.boolean(),
});

function spansOf(kind: 'gauge' | 'counter' | 'state', values: readonly number[], restarted: boolean): Buckets {
  const buckets = emptyBuckets(600_000, 300_000, 12, kind);
  const at = Float64Array.from(values, (_, i) => 540_000 + i * 60_000);
  const polledAt = at.map((t, i) => t + ((i * 7) % 11) * 100);
  const marks = new Uint8Array(values.length);
  if (restarted && marks.length > 3) marks[3] = 1;
  addSamples(buckets, { length: values.length, at, polledAt, values: Float64Array.from(values), restarted: marks });
  return buckets;
}

test('spans read out of a block give the same points as before', () => {
  fc.assert(
    fc.property(fc.array(fc.option(series, { nil: undefined }), { minLength: 1, maxLength: 6 }), (all) => {
      const given = all.map((s) => s && spansOf(s.kind, s.values, s.restarted));
      const read = rollupReader(decodeBlock(encodeRollup(600_000, 300_000, 12, given)), 300_000);
      for (const [position, buckets] of given.entries()) {
        if (!buckets) continue;
        const kind = all[position]!.kind;
        const back = emptyBuckets(0, 600_000, 8, kind);
        addBuckets(back, read(position, kind));
        const direct = emptyBuckets(0, 600_000, 8, kind);
        addBuckets(direct, buckets);
        const functions =
          kind === 'counter'
            ? (['last', 'rate', 'increase'] as const)
            : (['avg', 'min', 'max', 'last', 'sum'] as const);
        for (const fn of functions) assert.deepEqual(toPoints(back, fn), toPoints(direct, fn), fn);
      }
    }),
  );
});

test('count and covered time that all series share are written once', () => {
  const counter = (base: number) =>
    spansOf(
      'counter',
      Array.from({ length: 61 }, (_, i) => base + i * i * 37),
      false,
    );
  const one = encodeRollup(600_000, 300_000, 12, [counter(1e6)]).length;
  const hundred = encodeRollup(
    600_000,
    300_000,
    12,
    Array.from({ length: 100 }, (_, i) => counter(1e6 + i)),
  ).length;
  assert.ok((hundred - one) / 99 < 50, `${(hundred - one) / 99} bytes a series and hour`);
});
