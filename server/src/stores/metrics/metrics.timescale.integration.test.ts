import { after, before, describe, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { TIMESCALE_MIGRATIONS_DIR, migrate } from '#stores/postgres/migrate.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { metricStoreContract } from './metrics.contract.ts';
import type { MetricStore } from './metrics.ts';
import { createTimescaleMetricStore } from './timescale/timescale.ts';

const NOW = Date.UTC(2026, 9, 25, 12, 34, 56);
const FAR_AHEAD_MS = -7 * 86_400_000;
const serverUrl = process.env['SOTP_TEST_TIMESCALE_URL'];

if (serverUrl === undefined) {
  const skip = 'SOTP_TEST_TIMESCALE_URL does not name a PostgreSQL server with TimescaleDB, which no registry has';
  test('the metric store on TimescaleDB', { skip }, () => undefined);
} else {
  const clock = { ...systemClock, now: () => NOW };
  for (const packed of [false, true]) {
    describe(`MetricStore on TimescaleDB, ${packed ? 'every hour moved before each look' : 'as it comes'}`, () => {
      let db: TestDatabase;
      before(async () => {
        db = await openTestDatabase({ timeZone: 'Europe/Berlin', serverUrl });
        await migrate(db.pg, silentLog, TIMESCALE_MIGRATIONS_DIR, 'schema_migrations_timescale');
      });
      after(() => db.close());

      function again(): MetricStore {
        const compactionLagMs = packed ? FAR_AHEAD_MS : undefined;
        const store = createTimescaleMetricStore({
          pg: db.pg,
          clock,
          log: silentLog,
          // Retention is TimescaleDB's work and goes by the server's clock, for which the suite's time is long ago.
          retention: { rawDays: 3_650, fiveMinuteDays: 3_650, hourDays: 3_650 },
          ...(compactionLagMs === undefined ? {} : { compactionLagMs }),
        });
        if (!packed) return store;
        return {
          ...store,
          async range(query, signal) {
            await store.maintain(NOW);
            return store.range(query, signal);
          },
          async latest(series, maxAgeMs, signal) {
            await store.maintain(NOW);
            return store.latest(series, maxAgeMs, signal);
          },
        };
      }

      metricStoreContract({ open: async () => again(), again, now: NOW });
    });
  }
}
