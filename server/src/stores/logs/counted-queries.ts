import { AppError } from '#platform/errors.ts';
import { isUniqueViolation } from '#stores/postgres/faults.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { CountedQueryStore, StoredCountedQuery } from './logs.ts';

function toConflict(error: unknown, name: string | undefined): unknown {
  if (!isUniqueViolation(error)) return error;
  return new AppError('conflict', `Another query is named ${JSON.stringify(name)} already.`, { cause: error });
}

const COLUMNS = 'id, name, query, alert_above as "alertAbove"';

/** Counted queries in PostgreSQL. */
export function createCountedQueryStore(pg: Postgres): CountedQueryStore {
  return {
    async list() {
      const { rows } = await pg.query<StoredCountedQuery>(`select ${COLUMNS} from log_query order by name`);
      return rows;
    },
    async create({ name, query, alertAbove }) {
      try {
        const { rows } = await pg.query<StoredCountedQuery>(
          `insert into log_query (name, query, alert_above) values ($1, $2, $3) returning ${COLUMNS}`,
          [name, query, alertAbove],
        );
        return rows[0]!;
      } catch (error) {
        throw toConflict(error, name);
      }
    },
    async update(id, { name, query, alertAbove }) {
      try {
        const { rows } = await pg.query<StoredCountedQuery>(
          `update log_query set name = coalesce($2, name), query = coalesce($3, query),
             alert_above = case when $4 then $5 else alert_above end
           where id = $1 returning ${COLUMNS}`,
          [id, name ?? null, query ?? null, alertAbove !== undefined, alertAbove ?? null],
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
