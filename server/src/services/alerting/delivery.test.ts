import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GIVEN_UP_MS, nextTry } from './delivery.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('tries come less and less often, at least every 19 minutes, and not before the receiver has asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.nat(3_600_000), random, (attempts, retryAfterMs, dice) => {
      const next = nextTry({ createdAt: 0, attempts, now: 1_000, retryAfterMs }, dice);
      assert.ok(next !== null && next >= 1_000 + retryAfterMs - 1);
      assert.ok(next - 1_000 <= Math.max(retryAfterMs, 19 * 60_000));
      assert.ok(next - 1_000 >= Math.min(11 * 60_000, 3_750 * 2 ** (attempts - 1)) - 1);
    }),
  );
});

test('a notification is tried for a day, some hundred times, and then given up', () => {
  fc.assert(
    fc.property(fc.array(random, { minLength: 200, maxLength: 200 }), (dice) => {
      let now = 0;
      let attempts = 0;
      for (const one of dice) {
        attempts++;
        const next = nextTry({ createdAt: 0, attempts, now, retryAfterMs: 0 }, one);
        if (next === null) break;
        assert.ok(next > now && next <= GIVEN_UP_MS);
        now = next;
      }
      assert.ok(attempts > 75 && attempts < 140, String(attempts));
      assert.ok(now > GIVEN_UP_MS - 19 * 60_000);
    }),
  );
});
