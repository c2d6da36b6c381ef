import type { Postgres } from '#stores/postgres/postgres.ts';
import type { SettingsStore } from './settings.ts';

/** Settings in PostgreSQL. */
export function createSettingsStore(pg: Postgres): SettingsStore {
  async function get<T>(key: string): Promise<T | undefined> {
    const { rows } = await pg.query<{ value: T }>('select value from setting where key = $1', [key]);
    return rows[0]?.value;
  }
  return {
    get,
    async set(key, value) {
      await pg.query(
        `insert into setting (key, value) values ($1, $2)
         on conflict (key) do update set value = excluded.value, updated_at = now()`,
        [key, JSON.stringify(value)],
      );
    },
    async setOnce<T>(key: string, value: T): Promise<T> {
      await pg.query('insert into setting (key, value) values ($1, $2) on conflict (key) do nothing', [
        key,
        JSON.stringify(value),
      ]);
      return (await get<T>(key)) ?? value;
    },
    async delete(key) {
      await pg.query('delete from setting where key = $1', [key]);
    },
  };
}
