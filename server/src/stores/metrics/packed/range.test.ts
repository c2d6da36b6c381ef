import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS } from './partitions.ts';
import { planTiers } from './range.ts';

const T = Date.UTC(2026, 9, 1);
const finished = { hour: T + 10 * DAY_MS - HOUR_MS, day: T + 8 * DAY_MS, hasDays: true, reopened: [] as number[] };
const oldestPoll = T + 5 * DAY_MS;
const plan = (fn: 'rate' | 'p95', stepMs: number, from: number, to: number, reopened: number[] = []) =>
  planTiers({ fn, stepMs, from, to }, { ...finished, reopened }, oldestPoll);

test('a step of hours is answered by 1-hour spans, then 5-minute spans, then polls', () => {
  assert.deepEqual(plan('rate', HOUR_MS, T + 8 * DAY_MS, T + 10 * DAY_MS + 1_234), [
    { tier: '1h', from: T + 8 * DAY_MS, to: T + 9 * DAY_MS },
    { tier: '5m', from: T + 9 * DAY_MS, to: T + 10 * DAY_MS },
    { tier: 'polls', from: T + 10 * DAY_MS, to: T + 10 * DAY_MS + 1_234 },
  ]);
});

test('a step that no span divides is answered by polls, as far as there are any, and so is a quantile', () => {
  for (const [fn, stepMs] of [
    ['rate', 60_000],
    ['p95', HOUR_MS],
  ] as const) {
    assert.deepEqual(plan(fn, stepMs, T + 8 * DAY_MS, T + 11 * DAY_MS), [
      { tier: 'polls', from: T + 8 * DAY_MS, to: T + 11 * DAY_MS },
    ]);
    assert.deepEqual(plan(fn, stepMs, T, T + 11 * DAY_MS), [
      { tier: '5m', from: T, to: oldestPoll },
      { tier: 'polls', from: oldestPoll, to: T + 11 * DAY_MS },
    ]);
  }
});

test('an hour for which late rows have come is answered by polls until it is packed again', () => {
  const hour = T + 9 * DAY_MS + 5 * HOUR_MS;
  assert.deepEqual(plan('rate', HOUR_MS, T + 9 * DAY_MS, T + 10 * DAY_MS, [T, hour, hour + HOUR_MS]), [
    { tier: '5m', from: T + 9 * DAY_MS, to: hour },
    { tier: 'polls', from: hour, to: hour + HOUR_MS },
    { tier: 'polls', from: hour + HOUR_MS, to: hour + 2 * HOUR_MS },
    { tier: '5m', from: hour + 2 * HOUR_MS, to: T + 10 * DAY_MS },
  ]);
});

test('a step of days is answered by 1-day spans, but for a day of which an hour was opened again', () => {
  const hour = T + 3 * DAY_MS + 5 * HOUR_MS;
  assert.deepEqual(plan('rate', DAY_MS, T, T + 9 * DAY_MS + 1_234, [hour]), [
    { tier: '1d', from: T, to: T + 3 * DAY_MS },
    { tier: '1h', from: T + 3 * DAY_MS, to: hour },
    { tier: 'polls', from: hour, to: hour + HOUR_MS },
    { tier: '1h', from: hour + HOUR_MS, to: T + 4 * DAY_MS },
    { tier: '1d', from: T + 4 * DAY_MS, to: T + 9 * DAY_MS },
    { tier: 'polls', from: T + 9 * DAY_MS, to: T + 9 * DAY_MS + 1_234 },
  ]);
});

test('before anything is packed polls answer all', () => {
  const none = { hour: null, day: null, hasDays: true, reopened: [] };
  assert.deepEqual(planTiers({ fn: 'rate', stepMs: DAY_MS, from: T, to: T + DAY_MS }, none, T), [
    { tier: 'polls', from: T, to: T + DAY_MS },
  ]);
});

test('whatever is asked, the parts cover the query without a gap, on borders that their spans have', () => {
  const instant = fc.integer({ min: 0, max: 12 * DAY_MS }).map((ms) => T + ms);
  const step = fc.constantFrom(1_000, 60_000, 300_000, 900_000, HOUR_MS, DAY_MS);
  const fn = fc.constantFrom('rate' as const, 'p95' as const);
  const hours = fc.uniqueArray(fc.integer({ min: 0, max: 280 }), { maxLength: 5 });
  fc.assert(
    fc.property(fn, step, instant, instant, hours, (f, stepMs, a, b, some) => {
      const from = Math.floor(Math.min(a, b) / stepMs) * stepMs;
      const to = Math.max(a, b);
      const reopened = some.toSorted((x, y) => x - y).map((n) => T + n * HOUR_MS);
      let at = from;
      for (const segment of plan(f, stepMs, from, to, reopened)) {
        assert.equal(segment.from, at);
        assert.ok(segment.to > segment.from);
        const unit = { '1d': DAY_MS, '1h': HOUR_MS, '5m': 300_000, polls: 1 }[segment.tier];
        assert.equal(segment.to % unit, 0);
        if (segment.tier === '1d' || segment.tier === '1h') assert.equal(segment.from % unit, 0);
        at = segment.to;
      }
      assert.equal(at, Math.max(from, to));
    }),
  );
});
