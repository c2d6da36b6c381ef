import { randomUUID } from 'node:crypto';
import type { Clock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createTimescaleMetricStore } from '../../server/src/stores/metrics/timescale/timescale.ts';
import { TIMESCALE_MIGRATIONS_DIR, migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { serverCpu } from './cpu.ts';

const YEARS = 3_650;

/** The metric store in a database of its own on a server with TimescaleDB. */
export async function openTimescale(serverUrl: string, clock: Clock) {
  const admin = createPostgres({ databaseUrl: serverUrl, log: silentLog, maxConnections: 1 });
  const name = `sotp_bench_${randomUUID().slice(0, 8)}`;
  await admin.query(`create database ${name} template template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const setup = createPostgres({ databaseUrl: url.href, log: silentLog, maxConnections: 1 });
  await migrate(setup, silentLog);
  await migrate(setup, silentLog, TIMESCALE_MIGRATIONS_DIR, 'schema_migrations_timescale');
  await setup.stop();
  // What the schema sets for connections holds for those that come after it.
  const pg = createPostgres({ databaseUrl: url.href, log: silentLog });
  const store = createTimescaleMetricStore({
    pg,
    clock,
    log: silentLog,
    compactionLagMs: 0,
    // Retention goes by the server's clock, for which these samples are old.
    retention: { rawDays: YEARS, fiveMinuteDays: YEARS, hourDays: YEARS },
  });
  // What the policies do is done, and measured, by `runPolicies`.
  await pg.query(`select alter_job(job_id, scheduled => false) from timescaledb_information.jobs
    where proc_name in ('policy_compression', 'policy_refresh_continuous_aggregate')`);
  return {
    store,
    cpu: await serverCpu(pg),
    /** What the policies do: hours are summed up, and chunks that are over and not in order are compressed anew. */
    async runPolicies(): Promise<void> {
      await pg.query(`call refresh_continuous_aggregate('metric_ts_span_1h', null, null)`);
      const { rows } = await pg.query<{ id: number }>(
        `select job_id as id from timescaledb_information.jobs where proc_name = 'policy_compression'`,
      );
      for (const { id } of rows) await pg.query(`call run_job(${id})`);
    },
    async close(): Promise<void> {
      await pg.stop();
      await admin.query(`drop database ${name} with (force)`);
      await admin.stop();
    },
  };
}
