import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { version } from '#app/version.ts';
import { AppError } from '#platform/errors.ts';
import { quoted, readTables, timescaleMigrations } from './catalog.ts';
import type { BackupHeader } from './format.ts';
import { FRAME, encodeFrame, encodeJson } from './format.ts';

export interface BackupOptions {
  readonly databaseUrl: string;
  readonly file: string;
  /** Text of the key file, when it is to be in the backup. */
  readonly key?: string;
}

export interface BackupSummary {
  readonly file: string;
  readonly tables: number;
  readonly bytes: number;
}

async function* frames(
  client: pg.Client,
  header: BackupHeader,
  done: (tables: number) => void,
): AsyncGenerator<Buffer> {
  const tables = await readTables(client);
  // Locked before the first row is read, so that retention drops no partition meanwhile.
  for (const { name } of tables) await client.query(`lock table only ${quoted(name)} in access share mode`);
  yield encodeJson(FRAME.header, header);
  for (const table of tables) {
    yield encodeJson(FRAME.table, table);
    const columns = table.columns.map(quoted).join(', ');
    const rows = client.query(copyTo(`copy (select ${columns} from ${quoted(table.name)}) to stdout`));
    for await (const chunk of rows) yield encodeFrame(FRAME.data, chunk as Buffer);
  }
  yield encodeJson(FRAME.end, { tables: tables.length });
  done(tables.length);
}

/** Writes everything that SOTP keeps into one file, as of one instant, while SOTP goes on. The file appears when it is whole. */
export async function writeBackup({ databaseUrl, file, key }: BackupOptions): Promise<BackupSummary> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'sotp backup' });
  client.on('error', () => undefined);
  await client.connect();
  const partial = `${file}.partial`;
  let tables = 0;
  try {
    await client.query('begin isolation level repeatable read read only');
    const { rows } = await client.query<{ name: string }>('select name from schema_migrations order by number');
    const migrations = rows.map((row) => row.name);
    const timescale = await timescaleMigrations(client);
    const at = new Date().toISOString();
    const header: BackupHeader = {
      format: 'sotp-backup-1',
      version,
      at,
      migrations,
      ...(timescale && { timescale }),
      ...(key && { key }),
    };
    const out = createWriteStream(partial, { mode: 0o600, flush: true });
    const source = Readable.from(frames(client, header, (count) => (tables = count)));
    await pipeline(source, createGzip({ level: 6 }), out);
    renameSync(partial, file);
    return { file, tables, bytes: out.bytesWritten };
  } catch (cause) {
    rmSync(partial, { force: true });
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'ENOSPC')
      throw new AppError('disk_full', `no space left for ${file}: free some, or write it elsewhere`, { cause });
    if (/^E[A-Z]+$/.test(code))
      throw new AppError('bad_request', `${file} cannot be written (${code}): check the path`, { cause });
    throw cause;
  } finally {
    await client.end();
  }
}
