import { AppError } from '#platform/errors.ts';
import { isForeignKeyViolation, isUniqueViolation } from '#stores/postgres/faults.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { CredentialStore, StoredCredential } from './devices.ts';

type CredentialRow = Omit<StoredCredential, 'createdAt' | 'updatedAt'> & { createdAt: Date; updatedAt: Date };

const COLUMNS = `c.id, c.name, c.kind, c.created_at as "createdAt", c.updated_at as "updatedAt",
  (select count(*) from device_credential where credential_id = c.id) as "deviceCount"`;

const toCredential = (row: CredentialRow): StoredCredential => ({
  ...row,
  createdAt: row.createdAt.getTime(),
  updatedAt: row.updatedAt.getTime(),
});

function toConflict(error: unknown, name: string | undefined): unknown {
  if (!isUniqueViolation(error, 'credential_name_key')) return error;
  return new AppError('conflict', `Another credential is named ${JSON.stringify(name)} already.`, { cause: error });
}

/** Names and kinds of credentials in PostgreSQL; their secrets are elsewhere. */
export function createCredentialStore(pg: Postgres): CredentialStore {
  async function get(id: number): Promise<StoredCredential | undefined> {
    const { rows } = await pg.query<CredentialRow>(`select ${COLUMNS} from credential c where c.id = $1::int8`, [id]);
    return rows[0] && toCredential(rows[0]);
  }
  return {
    get,
    async create(name, kind) {
      try {
        const { rows } = await pg.query<CredentialRow>(
          `insert into credential as c (name, kind) values ($1, $2) returning ${COLUMNS}`,
          [name, kind],
        );
        const row = rows[0];
        if (!row) throw new AppError('internal', 'The credential was not stored.');
        return toCredential(row);
      } catch (error) {
        throw toConflict(error, name);
      }
    },
    async list(after, limit) {
      const { rows } = await pg.query<CredentialRow>(
        `select ${COLUMNS} from credential c where c.id > $1::int8 order by c.id limit $2`,
        [after, limit],
      );
      return rows.map(toCredential);
    },
    async touch(id, name) {
      try {
        const { rowCount } = await pg.query(
          'update credential set updated_at = now(), name = coalesce($2, name) where id = $1::int8',
          [id, name ?? null],
        );
        return rowCount > 0;
      } catch (error) {
        throw toConflict(error, name);
      }
    },
    async remove(id) {
      try {
        const { rowCount } = await pg.query('delete from credential where id = $1::int8', [id]);
        return rowCount > 0;
      } catch (error) {
        if (!isForeignKeyViolation(error)) throw error;
        throw new AppError('conflict', 'Devices still use this credential: give them another one first.', {
          cause: error,
        });
      }
    },
    async devicesUsing(id) {
      const { rows } = await pg.query<{ id: number }>(
        'select device_id as id from device_credential where credential_id = $1::int8 order by device_id',
        [id],
      );
      return rows.map((row) => row.id);
    },
  };
}
