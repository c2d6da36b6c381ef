import { AppError } from '#platform/errors.ts';
import { isUniqueViolation } from '#stores/postgres/faults.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { CountedQueryStore, StoredCountedQuery } from './logs.ts';

function toConflict(error: unknown, name: string | undefined): unknown {
  if (!isUniqueViolation(error)) return error;
  return new AppError('conflict', `Another query is named ${JSON.stringify(name)} already.`, { cause: error });
}

/** Counted queries in PostgreSQL. */
export function createCountedQueryStore(pg: Postgres): CountedQueryStore {
  return {
    async list() {
      const { rows } = await pg.query<StoredCountedQuery>('select id, name, query from log_query order by name');
      return rows;
    },
    async create({ name, query }) {
      try {
        const { rows } = await pg.query<StoredCountedQuery>(
          'insert into log_query (name, query) values ($1, $2) returning id, name, query',
          [name, query],
        );
        return rows[0]!;
      } catch (error) {
        throw toConflict(error, name);
      }
    },
    async update(id, { name, query }) {
      try {
        const { rows } = await pg.query<StoredCountedQuery>(
          `update log_query set name = coalesce($2, name), query = coalesce($3, query) where id = $1
           returning id, name, query`,
          [id, name ?? null, query ?? null],
        );
        return rows[0];
      } catch (error) {
        throw toConflict(error, name);
      }
    },
    async remove(id) {
      const { rowCount } = await pg.query('delete from log_query where id = $1', [id]);
      return rowCount !== 0;
    },
  };
}
