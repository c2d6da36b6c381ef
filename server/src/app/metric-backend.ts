import type { Config } from '#app/config/load.ts';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import { hasTimescaleTail, whyNoTimescale } from '#stores/metrics/timescale/available.ts';
import { TIMESCALE_MIGRATIONS_DIR, migrate } from '#stores/postgres/migrate.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';

/** Where polls go when their hour has closed. */
export type MetricBackend = 'packed' | 'timescale';

async function onDatabase<T>(databaseUrl: string, log: Log, use: (pg: Postgres) => Promise<T>): Promise<T> {
  const pg = createPostgres({ databaseUrl, log, maxConnections: 2, applicationName: 'sotp migrate' });
  await pg.start();
  try {
    return await use(pg);
  } finally {
    await pg.stop();
  }
}

async function refuse(pg: Postgres): Promise<void> {
  const why = await whyNoTimescale(pg);
  if (why !== undefined) throw new AppError('config_invalid', `metrics: timescale cannot be used: ${why}`);
}

async function migrateTimescale(pg: Postgres, log: Log): Promise<void> {
  await refuse(pg);
  await migrate(pg, log, TIMESCALE_MIGRATIONS_DIR, 'schema_migrations_timescale');
}

/** Throws `config_invalid` with the remedy where the server cannot keep time series in TimescaleDB. */
export async function requireTimescale(databaseUrl: string, log: Log): Promise<void> {
  await onDatabase(databaseUrl, log, refuse);
}

/** Makes the tables for TimescaleDB; throws `config_invalid` with the remedy where the server cannot. */
export async function prepareTimescale(databaseUrl: string, log: Log): Promise<void> {
  await onDatabase(databaseUrl, log, (pg) => migrateTimescale(pg, log));
}

/**
 * Decides where time series are kept, and makes the tables for it. `auto` takes TimescaleDB where the server has it. What
 * is in TimescaleDB once stays there: `packed` is refused then.
 */
export async function chooseMetricBackend(
  databaseUrl: string,
  wanted: Config['metrics'],
  log: Log,
): Promise<MetricBackend> {
  return onDatabase(databaseUrl, log, async (pg) => {
    const inUse = await hasTimescaleTail(pg);
    if (wanted === 'packed' && inUse) {
      throw new AppError(
        'config_invalid',
        'metrics: packed is not possible any more, because this database keeps time series in TimescaleDB: leave it at auto',
      );
    }
    if (wanted === 'packed') return 'packed';
    const why = await whyNoTimescale(pg);
    if (why !== undefined && wanted === 'auto' && !inUse) {
      log.debug({ why }, 'time series are packed in plain PostgreSQL');
      return 'packed';
    }
    await migrateTimescale(pg, log);
    log.info('time series are kept in TimescaleDB');
    return 'timescale';
  });
}
