import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { silentLog } from '#platform/log.ts';
import { systemClock } from '#platform/clock.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import type { MetricStore } from './metrics.ts';
import { metricStoreContract } from './metrics.contract.ts';
import { createPackedMetricStore } from './packed/packed.ts';

// The contract once more, with everything packed and rolled up before every look: the current hour too, so that each
// write comes late for what is packed already.
const NOW = Date.UTC(2026, 9, 25, 12, 34, 56);
const FAR_AHEAD_MS = -7 * 86_400_000;
let db: TestDatabase;
/** Something was written since all was packed. */
let isDirty = false;
after(() => db.close());

function again(): MetricStore {
  const clock = { ...systemClock, now: () => NOW };
  const store = createPackedMetricStore({ pg: db.pg, clock, log: silentLog, compactionLagMs: FAR_AHEAD_MS });
  const packed = async () => {
    if (isDirty) await store.maintain(NOW);
    isDirty = false;
    return store;
  };
  return {
    ...store,
    async write(rows, origin) {
      isDirty = true;
      return store.write(rows, origin);
    },
    range: async (query, signal) => (await packed()).range(query, signal),
    latest: async (series, maxAgeMs) => (await packed()).latest(series, maxAgeMs),
  };
}

async function open() {
  db = await openTestDatabase({ timeZone: 'Europe/Berlin' });
  return again();
}

metricStoreContract({ open, again, now: NOW });

test('few series of a wide layout come in slices, and are what they are when all come', async () => {
  const store = again();
  const wide = {
    series: Array.from({ length: 200 }, (_, i) => ({
      metric: 'wide',
      labels: { i: String(i) },
      unit: null,
      kind: 'counter' as const,
    })),
  };
  const other = { series: [{ metric: 'other', labels: {}, unit: null, kind: 'gauge' as const }] };
  const start = Date.UTC(2026, 9, 25, 8);
  // A steady device, whose heads are short, and one polled so irregularly that its heads do not fit a first piece.
  for (const [deviceId, irregular] of [
    [70_001, 0],
    [70_002, 1],
  ] as const) {
    const polls = Array.from({ length: 900 }, (_, n) => {
      const at = start + n * 10_000 + irregular * ((n * 7919) % 4_001);
      const polledAt = at + ((n * 104_729) % 2_003);
      const values = Float64Array.from({ length: 200 }, (_, i) => Math.floor(((polledAt - start) * (i + 1)) / 7));
      return { deviceId, at, polledAt, restarted: false, layout: wide, values };
    });
    await store.write(polls);
    // Another layout of the device saw a restart, at an instant of its own.
    const at = start + 5_005_001;
    await store.write([{ deviceId, at, polledAt: at, restarted: true, layout: other, values: Float64Array.of(1) }]);
    const series = await store.series({ deviceIds: [deviceId], metric: 'wide', limit: 1_000 });
    const query = { fn: 'rate' as const, from: start, to: start + 9_000_000, stepMs: 10_000 };
    const all = await store.range({ series, ...query });
    // The first one, and the one behind the restart.
    assert.ok((all[150]?.points ?? []).filter(([, value]) => value === null).length >= 2);
    for (const pick of [[0], [150, 152], [199]]) {
      const some = await store.range({ series: pick.map((i) => series[i]!), ...query });
      for (const [n, i] of pick.entries()) assert.deepEqual(some[n]?.points, all[i]?.points);
    }
  }
});
