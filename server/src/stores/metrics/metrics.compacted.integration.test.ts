import { after } from 'node:test';
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
after(() => db.close());

function again(): MetricStore {
  const clock = { ...systemClock, now: () => NOW };
  const store = createPackedMetricStore({ pg: db.pg, clock, log: silentLog, compactionLagMs: FAR_AHEAD_MS });
  const packed = async () => {
    await store.maintain(NOW);
    return store;
  };
  return {
    ...store,
    range: async (query, signal) => (await packed()).range(query, signal),
    latest: async (deviceId, maxAgeMs) => (await packed()).latest(deviceId, maxAgeMs),
  };
}

async function open() {
  db = await openTestDatabase();
  return again();
}

metricStoreContract({ open, again, now: NOW });
