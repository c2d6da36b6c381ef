import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jobItems } from './items.ts';

const NOW = 1_700_000_000_000;
const job = (intervalMs: number, offsets: readonly number[], urgent = false) => ({
  base: NOW,
  groups: [{ collector: 'snmp', intervalMs, items: offsets.flatMap((offset, i) => [i + 1, offset]) }],
  urgent,
});

test('polls due within a quarter of a second begin together, and keep their own instants', () => {
  const items = jobItems(job(60_000, [10, 90, 240, 260]), 1, NOW);
  assert.deepEqual(
    items.map(({ at, beginAt }) => [at - NOW, beginAt - NOW]),
    [
      [10, 250],
      [90, 250],
      [240, 250],
      [260, 500],
    ],
  );
});

test('a poll waits for others a twentieth of its interval at most, and an urgent one for nobody', () => {
  const beginAt = (intervalMs: number, urgent = false) =>
    (jobItems(job(intervalMs, [10], urgent), 1, NOW)[0]?.beginAt ?? 0) - NOW;
  assert.equal(beginAt(1_000), 50);
  assert.equal(beginAt(60_000, true), 10);
});

test('nothing begins before its instant, and all come in the order in which they begin', () => {
  const offsets = fc.array(fc.integer({ min: 0, max: 6_000 }), { maxLength: 50 });
  fc.assert(
    fc.property(offsets, offsets, (often, seldom) => {
      const [a, b] = [job(1_000, often), job(60_000, seldom)];
      const items = jobItems({ base: NOW, groups: [...a.groups, ...b.groups] }, 1, NOW);
      for (const { at, beginAt, intervalMs } of items) {
        assert.ok(beginAt >= at && beginAt - at <= Math.min(250, intervalMs / 20));
      }
      assert.ok(items.every(({ beginAt }, i) => i === 0 || beginAt >= (items[i - 1]?.beginAt ?? 0)));
      assert.equal(items.length, often.length + seldom.length);
    }),
  );
});
