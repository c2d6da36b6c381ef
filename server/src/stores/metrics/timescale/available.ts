import type { Queryable } from '#stores/postgres/postgres.ts';

/** Whether this server can keep the tail in TimescaleDB; else why not, and what to do about it. */
export async function whyNoTimescale(pg: Queryable): Promise<string | undefined> {
  const { rows } = await pg.query<{ offered: string | null; preloaded: boolean; installed: boolean; may: boolean }>(
    `select (select default_version from pg_available_extensions where name = 'timescaledb') as offered,
       current_setting('shared_preload_libraries') ~ 'timescaledb' as preloaded,
       exists (select 1 from pg_extension where extname = 'timescaledb') as installed,
       (select rolsuper from pg_roles where rolname = current_user)
         or coalesce((select pg_has_role(datdba, 'member') from pg_database where datname = current_database()), false) as may`,
  );
  const [found] = rows;
  if (!found?.offered) return 'the PostgreSQL server does not offer the extension timescaledb: install it there';
  if (!found.preloaded) {
    return 'the PostgreSQL server does not load timescaledb: add it to shared_preload_libraries and restart the server';
  }
  if (!found.installed && !found.may) {
    return 'the extension timescaledb is not in the database: run "create extension timescaledb" there as a superuser';
  }
  const license = await pg.query<{ license: string | null }>(
    "select current_setting('timescaledb.license', true) as license",
  );
  if (license.rows[0]?.license === 'apache') {
    return 'the Apache edition of TimescaleDB has no columnstore: install the community edition';
  }
  return undefined;
}

/** Whether the tables of the tail are there: somebody chose TimescaleDB for this database. */
export async function hasTimescaleTail(pg: Queryable): Promise<boolean> {
  const { rows } = await pg.query<{ there: boolean }>("select to_regclass('metric_ts_poll') is not null as there");
  return rows[0]?.there === true;
}
