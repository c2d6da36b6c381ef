import { cpSync, createReadStream, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import { MIGRATIONS_DIR, TIMESCALE_MIGRATIONS_DIR, migrate } from '#stores/postgres/migrate.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';
import { requireTimescale } from '#app/metric-backend.ts';
import { quoted } from './catalog.ts';
import type { Frame } from './format.ts';
import { BackupEnd, BackupHeader, BackupTable, FRAME, damaged, decodeFrames } from './format.ts';

export interface RestoreOptions {
  readonly databaseUrl: string;
  readonly file: string;
  /** Overwrite a database that holds devices or users. */
  readonly force: boolean;
}

export interface RestoreSummary {
  readonly at: string;
  readonly tables: number;
  /** Text of the key file, when the backup has it. */
  readonly key?: string;
}

/** Steps of the schema, and where it is kept which of them are done. */
const SCHEMA = { dir: MIGRATIONS_DIR, table: 'schema_migrations' } as const;
const TIMESCALE_SCHEMA = { dir: TIMESCALE_MIGRATIONS_DIR, table: 'schema_migrations_timescale' } as const;

/** Brings the database to the schema that the backup was taken from, or to today's when `migrations` is undefined. */
async function migrateTo(
  databaseUrl: string,
  { dir, table }: typeof SCHEMA | typeof TIMESCALE_SCHEMA,
  migrations?: readonly string[],
): Promise<void> {
  const pool = createPostgres({ databaseUrl, log: silentLog, maxConnections: 2, applicationName: 'sotp restore' });
  const folder = mkdtempSync(join(tmpdir(), 'sotp-migrations-'));
  try {
    for (const file of readdirSync(dir)) {
      const wanted = migrations === undefined || migrations.includes(file.replace(/\.sql$/, ''));
      if (wanted && file.endsWith('.sql')) cpSync(join(dir, file), join(folder, file));
    }
    await pool.start();
    await migrate(pool, silentLog, folder, table);
  } finally {
    await pool.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function refuseToOverwrite(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ n: string }>(
    'select (select count(*) from device) + (select count(*) from users where last_login_at is not null) as n',
  );
  if (rows[0]?.n !== '0') {
    throw new AppError(
      'conflict',
      'this database holds devices or users already: restore with --force to replace everything in it',
    );
  }
}

async function emptyAll(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; partition: boolean }>(
    `select relname as name, relispartition as partition from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname not in ('schema_migrations', 'schema_migrations_timescale')`,
  );
  for (const { name } of rows.filter((row) => row.partition)) await client.query(`drop table ${quoted(name)}`);
  const whole = rows.filter((row) => !row.partition).map((row) => quoted(row.name));
  await client.query(`truncate ${whole.join(', ')} cascade`);
}

async function attach(client: pg.Client, { name, partition }: BackupTable): Promise<void> {
  if (!partition) return;
  for (const index of partition.indexes) {
    const columns = index.columns.map(quoted).join(', ');
    await client.query(
      `create ${index.unique ? 'unique ' : ''}index ${quoted(index.name)} on ${quoted(name)} (${columns})`,
    );
  }
  await client.query(`alter table ${quoted(partition.parent)} attach partition ${quoted(name)} ${partition.bound}`);
}

/** Loads one table from the frames behind its description; answers the first frame that is none of its rows. */
async function loadTable(
  client: pg.Client,
  table: BackupTable,
  rest: AsyncGenerator<Frame>,
): Promise<Frame | undefined> {
  const { name, columns, partition, sequences } = table;
  if (partition)
    await client.query(`create table ${quoted(name)} (like ${quoted(partition.parent)} including storage)`);
  const copy = client.query(copyFrom(`copy ${quoted(name)} (${columns.map(quoted).join(', ')}) from stdin`));
  let next: Frame | undefined;
  async function* rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const step = await rest.next();
      next = step.done ? undefined : step.value;
      if (next?.kind !== FRAME.data) return;
      yield next.payload;
    }
  }
  await pipeline(Readable.from(rows()), copy);
  await attach(client, table);
  for (const { column, value } of sequences) {
    await client.query('select setval(pg_get_serial_sequence($1, $2), $3)', [quoted(name), column, value]);
  }
  return next;
}

async function loadAll(client: pg.Client, frames: AsyncGenerator<Frame>, file: string): Promise<number> {
  let tables = 0;
  let frame = (await frames.next()).value as Frame | undefined;
  while (frame?.kind === FRAME.table) {
    frame = await loadTable(client, BackupTable.parse(JSON.parse(frame.payload.toString())), frames);
    tables++;
  }
  if (frame?.kind !== FRAME.end) throw damaged(file);
  if (BackupEnd.parse(JSON.parse(frame.payload.toString())).tables !== tables) throw damaged(file);
  return tables;
}

function explain(cause: unknown, file: string): unknown {
  if (cause instanceof AppError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/^E[A-Z]+$/.test(code))
    return new AppError('bad_request', `${file} cannot be read (${code}): check the path`, { cause });
  // What the database cannot read as rows (SQLSTATE 22, 23) is damage; its other faults keep their own words.
  return /^(?!22|23)[0-9A-Z]{5}$/.test(code) ? cause : damaged(file, cause);
}

/** Replaces what the database holds by a backup, all or nothing, and brings its schema up to date. */
export async function restoreBackup({ databaseUrl, file, force }: RestoreOptions): Promise<RestoreSummary> {
  const source = createReadStream(file);
  const gunzip = createGunzip();
  source.once('error', (error) => gunzip.destroy(error));
  const frames = decodeFrames(source.pipe(gunzip));
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'sotp restore' });
  client.on('error', () => undefined);
  try {
    const first = (await frames.next()).value as Frame | undefined;
    if (first?.kind !== FRAME.header) throw damaged(file);
    const header = BackupHeader.parse(JSON.parse(first.payload.toString()));
    const known = [MIGRATIONS_DIR, TIMESCALE_MIGRATIONS_DIR].flatMap((dir) => readdirSync(dir));
    const taken = [...header.migrations, ...(header.timescale ?? [])];
    const strange = taken.find((name) => !known.includes(`${name}.sql`));
    if (strange) {
      throw new AppError(
        'database_schema_newer',
        `${file} comes from a newer SOTP (${header.version}): restore it with that version`,
      );
    }
    await migrateTo(databaseUrl, SCHEMA, header.migrations);
    if (header.timescale) {
      await requireTimescale(databaseUrl, silentLog);
      await migrateTo(databaseUrl, TIMESCALE_SCHEMA, header.timescale);
    }
    await client.connect();
    if (!force) await refuseToOverwrite(client);
    await client.query('begin');
    await emptyAll(client);
    const tables = await loadAll(client, frames, file);
    await client.query('commit');
    await migrateTo(databaseUrl, SCHEMA);
    if (header.timescale) {
      await migrateTo(databaseUrl, TIMESCALE_SCHEMA);
      await client.query(`call refresh_continuous_aggregate('metric_ts_span_1h', null, null)`);
    }
    return { at: header.at, tables, ...(header.key && { key: header.key }) };
  } catch (cause) {
    throw explain(cause, file);
  } finally {
    source.destroy();
    await client.end().catch(() => undefined);
  }
}
