import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Aggregate, Point } from '@sotp/contract/metrics.ts';
import { changes, createCombined, createTop, meanOf } from './combine.ts';

const value = fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { nil: null });
const table = fc
  .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 8 }))
  .chain(([steps, series]) =>
    fc.array(fc.array(value, { minLength: steps, maxLength: steps }), { minLength: series, maxLength: series }),
  );
const toPoints = (row: readonly (number | null)[]): Point[] => row.map((one, i) => [i * 1_000, one]);

/** As the words say it, without any cleverness. */
function naive(aggregate: Aggregate, column: readonly (number | null)[], q: number): number | null {
  const there = column.filter((one) => one !== null);
  if (there.length === 0) return null;
  const sum = there.reduce((a, b) => a + b, 0);
  const sorted = there.toSorted((a, b) => a - b);
  const answers: Record<Aggregate, number> = {
    sum,
    avg: sum / there.length,
    min: Math.min(...there),
    max: Math.max(...there),
    count: there.length,
    // The smallest value that at least a q-th of all are not above.
    quantile: sorted.find((one) => sorted.filter((x) => x <= one).length >= q * sorted.length) ?? sorted[0]!,
  };
  return answers[aggregate];
}

test('series put together are what each step of them says', () => {
  const aggregates = fc.constantFrom<Aggregate>('sum', 'avg', 'min', 'max', 'count', 'quantile');
  fc.assert(
    fc.property(table, aggregates, fc.double({ min: 0, max: 1, noNaN: true }), (rows, aggregate, q) => {
      const combined = createCombined(aggregate, q);
      for (const row of rows) combined.add(toPoints(row));
      const steps = rows[0]?.length ?? 0;
      const expected = Array.from({ length: steps }, (_, i): Point => [
        i * 1_000,
        naive(
          aggregate,
          rows.map((row) => row[i] ?? null),
          q,
        ),
      ]);
      assert.deepEqual(combined.points(), expected);
    }),
  );
});

test('a delta is the difference of neighbours, null beside a gap', () => {
  const points = toPoints([5, 7, null, 4, 4, -1]);
  assert.deepEqual(changes(points), toPoints([0, 2, null, null, 0, -5]).slice(1));
  assert.deepEqual(changes([]), []);
});

test('the greatest k are kept, in order, of equals the first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 })), fc.integer({ min: 1, max: 5 }), (ranks, k) => {
      const top = createTop<number>(k);
      for (const [i, rank] of ranks.entries()) top.add(rank, i);
      const sorted = [...ranks.keys()].toSorted((a, b) => ranks[b]! - ranks[a]! || a - b);
      assert.deepEqual(top.entries(), sorted.slice(0, k));
    }),
  );
});

test('the mean leaves gaps out; nothing but gaps ranks last', () => {
  assert.equal(meanOf(toPoints([1, null, 5])), 3);
  assert.equal(meanOf(toPoints([null])), -Infinity);
});
