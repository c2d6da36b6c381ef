import { AppError } from '#platform/errors.ts';
import { isForeignKeyViolation, isUniqueViolation } from '#stores/postgres/faults.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { CountedCredential, CredentialStore, StoredCredential } from './devices.ts';

type Row<T extends StoredCredential> = Omit<T, 'createdAt' | 'updatedAt' | 'next'> & {
  createdAt: Date;
  updatedAt: Date;
  nextVersion: number | null;
  nextSince: Date | null;
};

const COLUMNS = `c.id, c.name, c.kind, c.created_at as "createdAt", c.updated_at as "updatedAt",
  c.secret_version as version, c.next_version as "nextVersion", c.next_since as "nextSince"`;
const COUNTED = `${COLUMNS}, (select count(*) from device_credential where credential_id = c.id) as "deviceCount",
  (select count(*) from credential_set_member where credential_id = c.id) as "setCount"`;

function toCredential<T extends StoredCredential>({ nextVersion, nextSince, ...row }: Row<T>) {
  return {
    ...row,
    createdAt: row.createdAt.getTime(),
    updatedAt: row.updatedAt.getTime(),
    next: nextVersion === null ? null : { version: nextVersion, since: nextSince?.getTime() ?? 0 },
  };
}

function toConflict(error: unknown, name: string | undefined): unknown {
  if (!isUniqueViolation(error, 'credential_name_key')) return error;
  return new AppError('conflict', `Another credential is named ${JSON.stringify(name)} already.`, { cause: error });
}

/** Names and kinds of credentials in PostgreSQL; their secrets are elsewhere. */
export function createCredentialStore(pg: Postgres): CredentialStore {
  return {
    async get(id) {
      const { rows } = await pg.query<Row<StoredCredential>>(
        `select ${COLUMNS} from credential c where c.id = $1::int8`,
        [id],
      );
      return rows[0] && toCredential(rows[0]);
    },
    async getCounted(id) {
      const { rows } = await pg.query<Row<CountedCredential>>(
        `select ${COUNTED} from credential c where c.id = $1::int8`,
        [id],
      );
      return rows[0] && toCredential(rows[0]);
    },
    async create(name, kind) {
      try {
        const { rows } = await pg.query<Row<CountedCredential>>(
          `insert into credential as c (name, kind) values ($1, $2) returning ${COUNTED}`,
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
      const { rows } = await pg.query<Row<CountedCredential>>(
        `select ${COUNTED} from credential c where c.id > $1::int8 order by c.id limit $2`,
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
    async newVersion(id) {
      const { rows } = await pg.query<{ version: number }>(
        'update credential set last_version = last_version + 1 where id = $1::int8 returning last_version as version',
        [id],
      );
      return rows[0]?.version;
    },
    async useVersion(id, version) {
      const { rowCount } = await pg.query(
        `update credential set secret_version = $2, next_version = null, next_since = null, updated_at = now()
         where id = $1::int8`,
        [id, version],
      );
      return rowCount > 0;
    },
    async setNext(id, version) {
      const { rowCount } = await pg.query(
        `update credential set next_version = $2::int, next_since = case when $2::int is null then null else now() end,
           updated_at = now() where id = $1::int8`,
        [id, version],
      );
      return rowCount > 0;
    },
    async remove(id) {
      try {
        const { rowCount } = await pg.query('delete from credential where id = $1::int8', [id]);
        return rowCount > 0;
      } catch (error) {
        if (!isForeignKeyViolation(error)) throw error;
        throw new AppError(
          'conflict',
          'Devices or credential sets still use this credential: take it out of them first.',
          {
            cause: error,
          },
        );
      }
    },
    async devicesUsing(id) {
      const { rows } = await pg.query<{ id: number }>(
        `select device_id as id from device_credential where credential_id = $1::int8
         union select device_id from credential_answer where credential_id = $1::int8 order by id`,
        [id],
      );
      return rows.map((row) => row.id);
    },
  };
}
