import type { Cache } from '#cache/cache.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';

const SWEEP_EVERY_MS = 60_000;

/** The cache in a table of PostgreSQL; the database's clock decides what has expired. */
export function createPostgresCache(pg: Postgres): Cache {
  let sweptAt = 0;

  /** Rows that expired are dead weight only: every writer sweeps now and then, a bounded number at a time. */
  async function sweep(): Promise<void> {
    const now = performance.now();
    if (sweptAt !== 0 && now - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = now;
    await pg.query(
      `delete from cache_entry where key in
         (select key from cache_entry where expires_at < now() order by expires_at limit 10000 for update skip locked)`,
    );
  }

  return {
    async get<T>(key: string): Promise<T | undefined> {
      const { rows } = await pg.query<{ value: T }>(
        'select value from cache_entry where key = $1 and expires_at > now()',
        [key],
        'cache-get',
      );
      return rows[0]?.value;
    },
    async set(key, value, ttlMs) {
      await pg.query(
        `insert into cache_entry (key, value, expires_at) values ($1, $2, now() + $3::float8 * interval '1 ms')
         on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at`,
        [key, JSON.stringify(value), ttlMs],
        'cache-set',
      );
      await sweep();
    },
    async delete(key) {
      await pg.query('delete from cache_entry where key = $1', [key]);
    },
    async deletePrefix(prefix) {
      await pg.query('delete from cache_entry where key like $1', [`${prefix.replace(/[\\%_]/g, '\\$&')}%`]);
    },
    async increment(key, ttlMs) {
      const { rows } = await pg.query<{ count: number; ttlMs: number }>(
        `insert into cache_entry as c (key, value, expires_at) values ($1, '1', now() + $2::float8 * interval '1 ms')
         on conflict (key) do update set
           value = case when c.expires_at > now() then to_jsonb(c.value::int8 + 1) else '1' end,
           expires_at = case when c.expires_at > now() then c.expires_at else excluded.expires_at end
         returning value::int8 as count,
           greatest(0, extract(epoch from expires_at - now()) * 1000)::float8 as "ttlMs"`,
        [key, ttlMs],
        'cache-increment',
      );
      await sweep();
      return rows[0] ?? { count: 1, ttlMs };
    },
  };
}
