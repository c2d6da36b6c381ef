import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { niceStep, parseInstant, parseStep } from './time-range.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');

test('an instant is RFC 3339, epoch milliseconds, now, or a distance from now', () => {
  const cases: [string, number | undefined][] = [
    ['now', NOW],
    ['now-6h', NOW - 6 * 3_600_000],
    ['now+30s', NOW + 30_000],
    ['now-2w', NOW - 14 * 86_400_000],
    ['1700000000000', 1_700_000_000_000],
    ['0', 0],
    ['2026-11-23T12:00:00Z', NOW],
    ['2026-11-23T13:00:00.5+01:00', NOW + 500],
    ['2026-11-23', undefined],
    ['2026-02-30T99:00:00Z', undefined],
    ['now-6', undefined],
    ['now - 6h', undefined],
    ['yesterday', undefined],
    ['9999999999999999', undefined],
    ['', undefined],
  ];
  for (const [text, at] of cases) assert.equal(parseInstant(text, NOW), at, text);
});

test('whatever an instant is said to be, a Date can hold it when it is epoch milliseconds or RFC 3339', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.integer().map(String), fc.date({ noInvalidDate: true }).map(String)),
      (text) => {
        const at = parseInstant(text, NOW);
        if (at !== undefined) assert.ok(Number.isFinite(at) && !Number.isNaN(new Date(at).getTime()));
      },
    ),
  );
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }), (date) => {
      assert.equal(parseInstant(date.toISOString(), NOW), date.getTime());
      assert.equal(parseInstant(String(date.getTime()), NOW), date.getTime());
    }),
  );
});

test('a step is seconds, or a number with a unit, and never zero', () => {
  const cases: [string, number | undefined][] = [
    ['30', 30_000],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['0', undefined],
    ['0s', undefined],
    ['-5', undefined],
    ['1.5h', undefined],
    ['5 m', undefined],
    ['5x', undefined],
    ['', undefined],
  ];
  for (const [text, step] of cases) assert.equal(parseStep(text), step, text);
});

test('a step that is chosen keeps the number of points within what was asked', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 * 365 * 86_400_000 }),
      fc.integer({ min: 1, max: 10_000 }),
      (range, points) => {
        const step = niceStep(range, points);
        assert.ok(step >= 1_000 && Number.isInteger(step / 1_000));
        assert.ok(range / step <= points);
      },
    ),
  );
});
