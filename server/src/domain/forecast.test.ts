import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Point } from '@sotp/contract/metrics.ts';
import { crossing, lineThrough } from './forecast.ts';

const DAY = 86_400_000;
const AT = Date.UTC(2026, 9, 25);

test('a disk that fills by a gigabyte a day is full on the day it says', () => {
  const points = Array.from({ length: 30 }, (_, n): Point => [AT - (30 - n) * DAY, n === 7 ? null : 50e9 + n * 1e9]);
  const line = lineThrough(points, AT);
  assert.ok(line);
  assert.ok(Math.abs(line.value - 80e9) < 1);
  assert.ok(Math.abs(line.slopePerDay - 1e9) < 1);
  assert.ok(line.fit > 0.999999);
  assert.equal(Math.round(((crossing(line, 100e9, AT) ?? 0) - AT) / DAY), 20);
  // What shrinks, or is there already, or will be long after us, has no day.
  assert.equal(crossing({ ...line, slopePerDay: -1e9 }, 100e9, AT), null);
  assert.equal(crossing(line, 70e9, AT), null);
  assert.equal(crossing({ ...line, slopePerDay: 1 }, 100e9, AT), null);
  assert.equal(crossing({ ...line, slopePerDay: 0 }, 100e9, AT), null);
  // Free space that falls to nothing.
  assert.equal(Math.round(((crossing({ value: 20, slopePerDay: -2, fit: 1 }, 0, AT) ?? 0) - AT) / DAY), 10);
});

test('fewer than two points are no line; a level series is one', () => {
  assert.equal(lineThrough([], AT), null);
  assert.equal(
    lineThrough(
      [
        [AT, 5],
        [AT + 1, null],
      ],
      AT,
    ),
    null,
  );
  assert.deepEqual(
    lineThrough(
      [
        [AT - DAY, 5],
        [AT, 5],
      ],
      AT,
    ),
    { value: 5, slopePerDay: 0, fit: 1 },
  );
});

test('the line is the one with the least squares: moving it either way makes it worse', () => {
  const some = fc.uniqueArray(fc.tuple(fc.integer({ min: -1_000, max: 0 }), fc.integer({ min: -1_000, max: 1_000 })), {
    selector: ([x]) => x,
    minLength: 3,
    maxLength: 30,
  });
  fc.assert(
    fc.property(some, (pairs) => {
      const points = pairs.map(([x, y]): Point => [AT + x * 60_000, y]);
      const line = lineThrough(points, AT);
      assert.ok(line && line.fit >= 0 && line.fit <= 1);
      const error = (value: number, slopePerDay: number) =>
        points.reduce((sum, [x, y]) => sum + (value + (slopePerDay * (x - AT)) / DAY - (y ?? 0)) ** 2, 0);
      const least = error(line.value, line.slopePerDay);
      for (const [dv, ds] of [
        [0.1, 0],
        [-0.1, 0],
        [0, 1],
        [0, -1],
        [0.1, 1],
        [-0.1, -1],
      ] as const) {
        assert.ok(error(line.value + dv, line.slopePerDay + ds) >= least - 1e-6 * (1 + least));
      }
    }),
  );
});
