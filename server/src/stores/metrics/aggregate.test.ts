import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addBuckets, addSamples, emptyBuckets, quantiles, toPoints } from './aggregate.ts';
import type { SampleColumns } from './aggregate.ts';

interface Sample {
  at: number;
  polledAt?: number;
  value: number;
  restarted?: boolean;
}
function columns(samples: readonly Sample[]): SampleColumns {
  return {
    length: samples.length,
    at: Float64Array.from(samples, (s) => s.at),
    polledAt: Float64Array.from(samples, (s) => s.polledAt ?? s.at),
    values: Float64Array.from(samples, (s) => s.value),
    restarted: Uint8Array.from(samples, (s) => (s.restarted ? 1 : 0)),
  };
}
const values = (
  samples: readonly Sample[],
  kind: 'gauge' | 'counter',
  fn: 'avg' | 'min' | 'max' | 'last' | 'sum' | 'rate' | 'increase',
) => {
  const buckets = emptyBuckets(0, 1_000, 4, kind);
  addSamples(buckets, columns(samples));
  return toPoints(buckets, fn).map(([, value]) => value);
};

test('spans without a sample are null, never zero; NaN is no sample', () => {
  const samples = [
    { at: 0, value: 1 },
    { at: 999, value: 3 },
    { at: 1_500, value: Number.NaN },
    { at: 3_000, value: -2 },
    { at: 4_000, value: 77 },
  ];
  assert.deepEqual(values(samples, 'gauge', 'avg'), [2, null, null, -2]);
  assert.deepEqual(values(samples, 'gauge', 'min'), [1, null, null, -2]);
  assert.deepEqual(values(samples, 'gauge', 'max'), [3, null, null, -2]);
  assert.deepEqual(values(samples, 'gauge', 'sum'), [4, null, null, -2]);
  assert.deepEqual(values(samples, 'gauge', 'last'), [3, null, null, -2]);
});

test('a rate divides by the true time, and the reading before the window counts', () => {
  const samples = [
    { at: -1_000, polledAt: -900, value: 100 },
    { at: 0, polledAt: 100, value: 200 },
    { at: 1_000, polledAt: 1_600, value: 500 },
    { at: 3_000, polledAt: 3_100, value: 500 },
  ];
  assert.deepEqual(values(samples, 'counter', 'rate'), [100, 200, null, 0]);
  assert.deepEqual(values(samples, 'counter', 'increase'), [100, 300, null, 0]);
});

test('a restart breaks the rate, also when the restarting poll had no value for this series', () => {
  const samples = [
    { at: 0, value: 100 },
    { at: 1_000, value: Number.NaN, restarted: true },
    { at: 2_000, value: 200 },
    { at: 3_000, value: 260 },
  ];
  assert.deepEqual(values(samples, 'counter', 'rate'), [null, null, null, 60]);
});

test('p95 takes the nearest rank of values, and of single rates for a counter', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => ({ at: i * 10, value: 100 - i }));
  assert.deepEqual([...quantiles(emptyBuckets(0, 1_000, 2, 'gauge'), columns(hundred), 0.95)], [95, Number.NaN]);
  const counter = [0, 1, 3, 6].map((value, i) => ({ at: i * 100, value }));
  assert.deepEqual([...quantiles(emptyBuckets(0, 1_000, 1, 'counter'), columns(counter), 0.95)], [30]);
});

const walk = fc.array(
  fc.record({
    gap: fc.integer({ min: 1, max: 4_000 }),
    value: fc.integer({ min: 0, max: 2 ** 40 }),
    restarted: fc.boolean(),
  }),
  { maxLength: 80 },
);

test('spans added up from finer spans are what the samples themselves give', () => {
  fc.assert(
    fc.property(walk, fc.constantFrom('gauge' as const, 'counter' as const), (steps, kind) => {
      let at = 0;
      const samples = columns(steps.map((s) => ({ at: (at += s.gap), value: s.value, restarted: s.restarted })));
      const direct = emptyBuckets(0, 60_000, 6, kind);
      addSamples(direct, samples);
      const fine = emptyBuckets(0, 5_000, 72, kind);
      addSamples(fine, samples);
      const added = emptyBuckets(0, 60_000, 6, kind);
      addBuckets(added, fine);
      assert.deepEqual(added, direct);
    }),
  );
});
