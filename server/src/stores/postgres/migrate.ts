import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import { isConflict } from './faults.ts';
import type { Postgres } from './postgres.ts';
import type { Session } from './session.ts';
import { ADVISORY_LOCKS } from './locks.ts';

/** The shipped migrations: `NNNN_what.sql`, numbered, forward only. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../../migrations', import.meta.url));

/** Those for a server that has TimescaleDB; their state is kept apart. */
export const TIMESCALE_MIGRATIONS_DIR = `${MIGRATIONS_DIR}/timescale`;

/** A step that came into conflict with another transaction is tried so often. */
const ATTEMPTS = 5;

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const files = (await readdir(dir)).filter((file) => /^\d{4}_.+\.sql$/.test(file)).toSorted();
  const migrations = await Promise.all(
    files.map(async (file) => {
      const sql = await readFile(path.join(dir, file), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { number: Number(file.slice(0, 4)), name: file.slice(0, -4), sql, checksum };
    }),
  );
  for (const [i, migration] of migrations.entries()) {
    if (migrations[i - 1]?.number === migration.number) {
      throw new AppError('internal', `Two migrations have the number of ${migration.name}.`);
    }
  }
  return migrations;
}

/** What the shipped migrations amount to; changes with any of them. */
export async function migrationsChecksum(dir = MIGRATIONS_DIR): Promise<string> {
  const migrations = await readMigrations(dir);
  return createHash('sha256')
    .update(migrations.map((migration) => migration.checksum).join())
    .digest('hex');
}

/**
 * Brings the schema up to what this program ships: every file once, in order, each in a transaction of its own, so a
 * kill leaves whole steps and the next start goes on. Starters that race wait for each other. Answers what it applied.
 * Throws `database_schema_newer` when the database was written by a newer program, `internal` when a shipped file changed.
 */
export async function migrate(
  pg: Postgres,
  log: Log,
  dir = MIGRATIONS_DIR,
  table: 'schema_migrations' | 'schema_migrations_timescale' = 'schema_migrations',
): Promise<string[]> {
  const migrations = await readMigrations(dir);
  const session = await pg.session({ patient: true });
  const applied: string[] = [];
  try {
    await session.query('select pg_advisory_lock($1)', [ADVISORY_LOCKS.migrate]);
    await session.query(`create table if not exists ${table} (
      number int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`);
    const done = await session.query<{ number: number; name: string; checksum: string }>(
      `select number, name, checksum from ${table} order by number`,
    );
    const shipped = new Map(migrations.map((migration) => [migration.number, migration]));
    for (const row of done.rows) {
      const migration = shipped.get(row.number);
      if (!migration) {
        throw new AppError(
          'database_schema_newer',
          `The database was written by a newer SOTP (migration ${row.name}): run that version, or restore a backup.`,
        );
      }
      if (migration.checksum !== row.checksum) {
        throw new AppError('internal', `Migration ${migration.name} is not the one that was applied to this database.`);
      }
      shipped.delete(row.number);
    }
    for (const migration of shipped.values()) {
      log.info({ migration: migration.name }, 'applying migration');
      await apply(session, migration, table);
      applied.push(migration.name);
    }
    return applied;
  } finally {
    await session.close();
  }
}

/** One step, again where it stood in the way of a job of the database's own, as TimescaleDB has them, and that in its. */
async function apply(session: Session, { number, name, sql, checksum }: Migration, table: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await session.query('begin');
      await session.query(sql);
      await session.query(`insert into ${table} (number, name, checksum) values ($1, $2, $3)`, [
        number,
        name,
        checksum,
      ]);
      await session.query('commit');
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !isConflict(error)) throw error;
      await session.query('rollback');
    }
  }
}
