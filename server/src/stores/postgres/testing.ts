import { createHash, randomBytes } from 'node:crypto';
import { migrate, migrationsChecksum } from './migrate.ts';
import { createPostgres } from './postgres.ts';
import type { Postgres } from './postgres.ts';
import { silentLog } from '#platform/log.ts';
import { startTestServer } from './test-server.ts';

export interface TestDatabase {
  readonly databaseUrl: string;
  readonly pg: Postgres;
  /** Closes the pool and drops the database. */
  close(): Promise<void>;
}

let server: Promise<string> | undefined;
let template: Promise<string> | undefined;

/** The URL of the server's maintenance database: the one the test runner names, or one of our own, started once. */
function serverUrl(): Promise<string> {
  const given = process.env.SOTP_TEST_DATABASE_URL;
  server ??= given ? Promise.resolve(given) : startTestServer();
  return server;
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function withPostgres<T>(databaseUrl: string, fn: (pg: Postgres) => Promise<T>): Promise<T> {
  const pg = createPostgres({ databaseUrl, log: silentLog, maxConnections: 2, applicationName: 'sotp test' });
  try {
    return await fn(pg);
  } finally {
    await pg.stop();
  }
}

/** A migrated database to copy from, made once for every state of the migrations, even when test processes race. */
async function makeTemplate(url: string): Promise<string> {
  const name = `sotp_template_${(await migrationsChecksum()).slice(0, 16)}`;
  await withPostgres(url, async (pg) => {
    const session = await pg.session({ patient: true });
    try {
      await session.query('select pg_advisory_lock(hashtext($1))', [name]);
      const exists = await session.query('select 1 from pg_database where datname = $1 and datallowconn', [name]);
      if (exists.rowCount > 0) return;
      const draft = `${name}_${randomBytes(4).toString('hex')}`;
      await session.query(`create database ${draft}`);
      await withPostgres(withDatabase(url, draft), (db) => migrate(db, silentLog));
      await session.query(`alter database ${draft} rename to ${name}`);
    } finally {
      await session.close();
    }
  });
  return name;
}

/**
 * A fresh migrated database of its own, in the server that SOTP_TEST_DATABASE_URL names or in an embedded one that this
 * process starts once and that ends with the process. `timeZone` is that of its sessions: results must not depend on it.
 * `serverUrl` names another server.
 */
export async function openTestDatabase(
  how: { readonly timeZone?: string; readonly serverUrl?: string } = {},
): Promise<TestDatabase> {
  const url = how.serverUrl ?? (await serverUrl());
  // A server with TimescaleDB looks into every database all the time, and one that is looked into cannot be copied.
  template ??= how.serverUrl === undefined ? makeTemplate(url) : undefined;
  const source = how.serverUrl === undefined ? await template : 'template0';
  const name = `sotp_test_${createHash('sha256').update(randomBytes(16)).digest('hex').slice(0, 12)}`;
  await withPostgres(url, (pg) => pg.query(`create database ${name} template ${source}`));
  if (how.timeZone) {
    const { timeZone } = how;
    await withPostgres(url, (pg) => pg.query(`alter database ${name} set timezone = '${timeZone}'`));
  }
  const databaseUrl = withDatabase(url, name);
  if (how.serverUrl !== undefined) await withPostgres(databaseUrl, (db) => migrate(db, silentLog));
  const pg = createPostgres({ databaseUrl, log: silentLog, maxConnections: 6, applicationName: 'sotp test' });
  return {
    databaseUrl,
    pg,
    async close() {
      await pg.stop();
      await withPostgres(url, (admin) => admin.query(`drop database if exists ${name} with (force)`));
    },
  };
}
