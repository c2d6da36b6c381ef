import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeriesKind } from '@sotp/contract/metrics.ts';
import { createKnownLayouts } from './known-layouts.ts';

test('kinds are asked for once, and devices of one shape share them', async () => {
  const asked: number[][] = [];
  const known = createKnownLayouts({
    layoutsOf: async (deviceIds) =>
      deviceIds.map((deviceId) => ({ id: 100 + deviceId, deviceId, series: [10 * deviceId, 10 * deviceId + 1] })),
    kindsOf: async (deviceIds) => {
      asked.push([...deviceIds]);
      const kindOf = (deviceId: number): SeriesKind => (deviceId === 3 ? 'state' : 'counter');
      return new Map(deviceIds.flatMap((id) => [[10 * id, kindOf(id)] as const, [10 * id + 1, 'gauge'] as const]));
    },
  });
  const [one, two, three] = await known.of([1, 2, 3]);
  assert.deepEqual(one?.kinds, ['counter', 'gauge']);
  assert.deepEqual(three?.kinds, ['state', 'gauge']);
  assert.equal(one?.kinds, two?.kinds);
  const [again] = await known.of([2]);
  assert.equal(again?.kinds, two?.kinds);
  assert.deepEqual(asked, [[1, 2, 3]]);
});
