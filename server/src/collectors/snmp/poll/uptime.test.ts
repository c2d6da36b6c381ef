import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasRestarted } from './uptime.ts';

const WRAP = 2 ** 32;
const elapsedMs = fc.integer({ min: 1000, max: 24 * 3_600_000 });

test('an agent that simply goes on has not restarted, not even when its uptime wraps after 497 days', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: WRAP - 1 }),
      elapsedMs,
      fc.double({ min: 0.95, max: 1.05, noNaN: true }),
      (ticks, ms, drift) => {
        const now = Math.floor(ticks + (ms / 10) * drift) % WRAP;
        assert.equal(hasRestarted({ ticks, atMs: 0 }, { ticks: now, atMs: ms }), false);
      },
    ),
  );
});

test('an agent whose uptime began after the poll before has restarted', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 60_000, max: WRAP - 20_000_000 }),
      elapsedMs,
      fc.double({ min: 0, max: 0.94, noNaN: true }),
      (ticks, ms, share) => {
        const now = Math.floor((ms / 10) * share);
        assert.equal(hasRestarted({ ticks, atMs: 5 }, { ticks: now, atMs: 5 + ms }), true);
      },
    ),
  );
});

test('a restart shows even when the uptime is higher than before, after a long time without polls', () => {
  assert.equal(hasRestarted({ ticks: 10_000, atMs: 0 }, { ticks: 300_000, atMs: 3_600_000 }), true);
});
