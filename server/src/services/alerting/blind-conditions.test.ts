import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import type { BlindSpots } from '#services/fleet/blind-spots.ts';
import { blindConditions } from './blind-conditions.ts';

test('a hub that has just started knows of no blind spot whether it is over; then one condition tells of all it is about', async () => {
  const clock = createFakeClock();
  const items = Array.from({ length: 7 }, (_, n) => ({ name: `c${n}`, href: null, detail: n === 0 ? 'alone' : null }));
  const spot = { reason: 'local_plan', kind: 'weak', title: '', count: 7, items, remedy: '', href: null } as const;
  const blindSpots: BlindSpots = {
    get: async () => ({ checkedAt: '', spots: [spot, { ...spot, reason: 'spool_full' }] }),
  };
  const source = blindConditions({ blindSpots, clock });
  assert.equal(await source.look([]), null);
  await clock.advance(25_000);
  assert.deepEqual(await source.look([]), [
    { code: 'local_plan', subject: '', truth: 'holds', summary: '7: c0 (alone); c1; c2; c3; c4 and 2 more.' },
  ]);
});
