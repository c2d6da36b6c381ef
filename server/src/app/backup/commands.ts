import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '#app/config/load.ts';
import { migrateDatabase, withDatabase } from '#app/database.ts';
import { prepareDataDir } from '#app/supervisor/checks.ts';
import { lockDataDir } from '#app/supervisor/lock.ts';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import { createLocalSecretStore } from '#stores/secrets/local.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';
import type { BackupSummary } from './backup.ts';
import { writeBackup } from './backup.ts';
import { restoreBackup } from './restore.ts';

function keyFileOf(config: Config): string {
  return join(resolve(config.dataDir), 'secret.key');
}

/** Backs up the configured database into a file. */
export async function backUp(
  config: Config,
  file: string,
  withKey: boolean,
): Promise<BackupSummary & { keyFile: string }> {
  const keyFile = keyFileOf(config);
  const own = join(resolve(config.dataDir), 'postgres');
  if (config.databaseUrl === undefined && !existsSync(own)) {
    throw new AppError(
      'not_found',
      `there is no database in ${resolve(config.dataDir)}: name the directory with --data-dir`,
    );
  }
  const key = withKey && existsSync(keyFile) ? readFileSync(keyFile, 'utf8') : undefined;
  return withDatabase(config, async (databaseUrl) => {
    await migrateDatabase(databaseUrl, silentLog);
    const summary = await writeBackup({ databaseUrl, file, ...(key === undefined ? {} : { key }) });
    return { ...summary, keyFile };
  });
}

/** True when a hub or a collector is at work in the database. */
async function isInUse(databaseUrl: string): Promise<boolean> {
  const pg = createPostgres({ databaseUrl, log: silentLog, maxConnections: 1, applicationName: 'sotp restore' });
  try {
    await pg.start();
    const sql = `select 1 from pg_stat_activity where datname = current_database() and application_name in ('sotp hub', 'sotp collector')`;
    return (await pg.query(sql)).rowCount > 0;
  } finally {
    await pg.stop();
  }
}

async function opensSecrets(databaseUrl: string, keyFile: string): Promise<boolean> {
  const pg = createPostgres({ databaseUrl, log: silentLog, maxConnections: 1, applicationName: 'sotp restore' });
  try {
    const { rows } = await pg.query<{ key: string }>('select key from secret limit 1');
    if (rows[0] === undefined) return true;
    await createLocalSecretStore({ pg, keyFile }).get(rows[0].key);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'secret_unavailable') return false;
    throw error;
  } finally {
    await pg.stop();
  }
}

/** Restores a backup into the configured database, and the key file where the backup has it. */
export async function restore(config: Config, file: string, force: boolean) {
  const dataDir = prepareDataDir(config.dataDir);
  const keyFile = join(dataDir, 'secret.key');
  const inUse = new AppError('conflict', 'SOTP is running on this database: stop it before you restore');
  // Throws when a SOTP lives on the directory, even one whose processes are just being started again.
  lockDataDir(dataDir).release();
  return withDatabase(config, async (databaseUrl) => {
    if (await isInUse(databaseUrl)) throw inUse;
    const { key, ...summary } = await restoreBackup({ databaseUrl, file, force });
    if (key !== undefined) writeFileSync(keyFile, key, { mode: 0o600 });
    return { ...summary, keyFile, keyFits: await opensSecrets(databaseUrl, keyFile) };
  });
}
