import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_PLAUSIBLE_RATE, MAX_SPAN_MS, counterIncrease } from './counters.ts';

const step = { previous: 0, current: 0, spanMs: 10_000, restarted: false, rateBefore: null };
const WRAP = 2 ** 32;

test('a counter that grows gives the difference', () => {
  assert.equal(counterIncrease({ ...step, previous: 100, current: 150 }), 50);
  assert.equal(counterIncrease({ ...step, previous: 7, current: 7 }), 0);
});

test('a Counter32 that wraps gives a positive increase', () => {
  assert.equal(counterIncrease({ ...step, previous: WRAP - 10, current: 5 }), 15);
  assert.equal(counterIncrease({ ...step, previous: WRAP - 10, current: 5, rateBefore: 1.5 }), 15);
});

test('a Counter32 that was cleared is no wrap', () => {
  assert.equal(counterIncrease({ ...step, previous: 1_000, current: 5 }), null);
  assert.equal(counterIncrease({ ...step, previous: 3e9, current: 5, rateBefore: 1_000 }), null);
  assert.equal(counterIncrease({ ...step, previous: 3e9, current: 5, maxRate: 1e6 }), null);
});

test('a Counter64 that falls was reset', () => {
  assert.equal(counterIncrease({ ...step, previous: WRAP, current: WRAP - 1 }), null);
  assert.equal(counterIncrease({ ...step, previous: 2 ** 60, current: 5 }), null);
});

test('a restart, a clock that stands or goes back, and a span beyond a day tell nothing', () => {
  const grown = { ...step, previous: 1, current: 2 };
  assert.equal(counterIncrease({ ...grown, restarted: true }), null);
  assert.equal(counterIncrease({ ...grown, spanMs: 0 }), null);
  assert.equal(counterIncrease({ ...grown, spanMs: -5 }), null);
  assert.equal(counterIncrease({ ...grown, spanMs: Number.NaN }), null);
  assert.equal(counterIncrease({ ...grown, spanMs: MAX_SPAN_MS + 1 }), null);
});

const any = fc.double({ noDefaultInfinity: false });
const whatever = fc.record({
  previous: any,
  current: any,
  spanMs: any,
  restarted: fc.boolean(),
  rateBefore: fc.option(fc.double({ min: 0, noNaN: true })),
});

test('whatever the readings are: null, or an increase that is finite, not negative and not absurd', () => {
  fc.assert(
    fc.property(whatever, (any) => {
      const increase = counterIncrease(any);
      if (increase === null) return;
      assert.ok(Number.isFinite(increase) && increase >= 0);
      assert.ok(increase / (any.spanMs / 1000) <= MAX_PLAUSIBLE_RATE);
    }),
  );
});

test('a Counter32 running at a steady pace gives its true growth at every reading, through every wrap', () => {
  const pace = fc.integer({ min: 0, max: 50_000_000 });
  const spans = fc.array(fc.integer({ min: 5_000, max: 40_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(pace, spans, fc.integer({ min: 0, max: WRAP - 1 }), (perSecond, all, start) => {
      let truth = start;
      let rateBefore: number | null = null;
      for (const spanMs of all) {
        const grown = Math.round((perSecond * spanMs) / 1000);
        const increase = counterIncrease({
          previous: truth % WRAP,
          current: (truth + grown) % WRAP,
          spanMs,
          restarted: false,
          rateBefore,
        });
        assert.equal(increase, grown);
        rateBefore = grown / (spanMs / 1000);
        truth += grown;
      }
    }),
  );
});
