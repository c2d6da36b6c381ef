import type { Config } from '#app/config/load.ts';
import { createEmbeddedPostgres, runningDatabaseUrl } from '#app/embedded-postgres/embedded-postgres.ts';
import { prepareDataDir } from '#app/supervisor/checks.ts';
import { lockDataDir } from '#app/supervisor/lock.ts';
import { systemClock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { silentLog } from '#platform/log.ts';
import { createPostgresLeases } from '#stores/leases/postgres.ts';
import { migrate } from '#stores/postgres/migrate.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';

/** Proves that the database answers and is new enough, and brings its schema up to date. Answers what was applied. */
export async function migrateDatabase(databaseUrl: string, log: Log): Promise<string[]> {
  const pg = createPostgres({ databaseUrl, log, maxConnections: 2, applicationName: 'sotp migrate' });
  await pg.start();
  try {
    return await migrate(pg, log);
  } finally {
    await pg.stop();
  }
}

/** A collector process without a partition has nothing to do; with two each, who leaves is shared out evenly. */
const partitionsFor = (collectors: number): number => Math.max(4, 2 * collectors);

/**
 * How many partitions all machines work with: a machine with a hub says, the others follow. While collectors are at work only
 * what is configured changes it: they, and the hub that plans for them, would have to be started anew.
 */
export async function agreeOnPartitions(databaseUrl: string, config: Config): Promise<number> {
  const pg = createPostgres({ databaseUrl, log: silentLog, maxConnections: 1, applicationName: 'sotp start' });
  await pg.start();
  try {
    const leases = createPostgresLeases(pg);
    const agreed = await leases.agreed();
    const own = config.partitions ?? partitionsFor(config.collectors);
    if (!config.roles.includes('hub')) return agreed ?? own;
    if (agreed !== undefined && config.partitions === undefined && (await leases.fleet()).length > 0) return agreed;
    await leases.agree(own);
    return own;
  } finally {
    await pg.stop();
  }
}

/**
 * Hands the database's URL to a command: the configured one, that of the SOTP that runs on the data directory, or that
 * of an embedded database started for as long as the command takes.
 */
export async function withDatabase<T>(config: Config, use: (databaseUrl: string) => Promise<T>): Promise<T> {
  if (config.databaseUrl !== undefined) return use(config.databaseUrl);
  const dataDir = prepareDataDir(config.dataDir);
  const running = runningDatabaseUrl(dataDir);
  if (running !== undefined) return use(running);
  const lock = lockDataDir(dataDir);
  const database = createEmbeddedPostgres({ dataDir, connections: 20, log: silentLog, clock: systemClock });
  try {
    await database.start();
    return await use(database.url());
  } finally {
    await database.stop();
    lock.release();
  }
}
