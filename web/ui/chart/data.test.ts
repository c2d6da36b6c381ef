import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Point } from '@sotp/contract/metrics.ts';
import { align, isolated, stats, valueAt } from './data.ts';
import { withGaps } from './gaps.ts';

const every10: Point[] = [
  [0, 1],
  [10, 2],
  [20, null],
  [30, null],
  [40, 5],
  [50, 6],
];

test('what is missing is a gap, never a zero', () => {
  assert.deepEqual(withGaps(every10), [
    [0, 1],
    [10, 2],
    [15, null],
    [40, 5],
    [50, 6],
  ]);
});

test('a series that is read more seldom than the step is a line, not dots', () => {
  const seldom: Point[] = Array.from({ length: 40 }, (_, i) => [i * 10, i % 10 === 0 ? i : null]);
  assert.deepEqual(
    withGaps(seldom).map(([, value]) => value),
    [0, 10, 20, 30],
  );
});

test('lines of different times share one axis; out is drawn below zero', () => {
  const [xs, inward, outward] = align([
    {
      key: 'in',
      label: 'In',
      color: 1,
      points: [
        [0, 1],
        [10, 2],
      ],
    },
    {
      key: 'out',
      label: 'Out',
      color: 2,
      mirrored: true,
      points: [
        [10, 3],
        [20, 4],
      ],
    },
  ]);
  assert.deepEqual(xs, [0, 10, 20]);
  assert.deepEqual(inward, [1, 2, undefined]);
  assert.deepEqual(outward, [undefined, -3, -4]);
});

test('a value that stands alone between gaps is drawn as a dot', () => {
  assert.deepEqual(isolated([5]), [0]);
  assert.deepEqual(isolated([1, 2, null, 3, null, 4, 5]), [3]);
  assert.deepEqual(isolated([undefined, 1, undefined, 2, null]), []);
  assert.deepEqual(isolated([]), []);
});

test('the figures under a chart are of what it shows', () => {
  assert.deepEqual(stats(every10, 0, 50), { last: 6, min: 1, avg: 3.5, max: 6, p95: 6 });
  assert.equal(stats(every10, 0, 10).max, 2);
  assert.equal(stats([], 0, 10).avg, null);
  assert.equal(valueAt(every10, 22), null);
  assert.equal(valueAt(every10, 42), 5);
});
