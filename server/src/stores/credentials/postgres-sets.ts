import { AppError } from '#platform/errors.ts';
import { isForeignKeyViolation, isUniqueViolation } from '#stores/postgres/faults.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import type { CredentialSetStore, NewCredentialSet, StoredCredentialSet } from './credentials.ts';

const SELECT = `select s.id, s.name, s.sites, s.subnets,
  array(select credential_id from credential_set_member where set_id = s.id order by position) as "credentialIds"
  from credential_set s`;

function toConflict(error: unknown, name: string | undefined): unknown {
  if (isUniqueViolation(error, 'credential_set_name_key')) {
    return new AppError('conflict', `Another credential set is named ${JSON.stringify(name)} already.`, {
      cause: error,
    });
  }
  if (isForeignKeyViolation(error)) {
    return new AppError('validation_failed', 'A credential that was named does not exist.', { cause: error });
  }
  return error;
}

async function writeMembers(tx: Queryable, id: number, credentialIds: readonly number[]): Promise<void> {
  await tx.query('delete from credential_set_member where set_id = $1', [id]);
  await tx.query(
    `insert into credential_set_member (set_id, credential_id, position)
     select $1, credential_id, min(position) from unnest($2::int[]) with ordinality as t (credential_id, position)
     group by credential_id`,
    [id, credentialIds],
  );
}

/** Credential sets in PostgreSQL. */
export function createCredentialSetStore(pg: Postgres): CredentialSetStore {
  async function read(tx: Queryable, id: number): Promise<StoredCredentialSet | undefined> {
    const { rows } = await tx.query<StoredCredentialSet>(`${SELECT} where s.id = $1`, [id]);
    return rows[0];
  }

  return {
    async list() {
      const { rows } = await pg.query<StoredCredentialSet>(`${SELECT} order by s.position, s.id`);
      return rows;
    },
    async create(set) {
      try {
        return await pg.transaction(async (tx) => {
          const { rows } = await tx.query<{ id: number }>(
            `insert into credential_set (name, sites, subnets, position)
             values ($1, $2, $3, (select coalesce(max(position), 0) + 1 from credential_set)) returning id`,
            [set.name, set.sites, set.subnets],
          );
          const id = rows[0]?.id ?? 0;
          await writeMembers(tx, id, set.credentialIds);
          const stored = await read(tx, id);
          if (!stored) throw new AppError('internal', 'The credential set was not stored.');
          return stored;
        });
      } catch (error) {
        throw toConflict(error, set.name);
      }
    },
    async update(id, change: Partial<NewCredentialSet>) {
      try {
        return await pg.transaction(async (tx) => {
          const { rowCount } = await tx.query(
            `update credential_set set updated_at = now(), name = coalesce($2, name), sites = coalesce($3, sites),
               subnets = coalesce($4, subnets) where id = $1::int8`,
            [id, change.name ?? null, change.sites ?? null, change.subnets ?? null],
          );
          if (rowCount === 0) return undefined;
          if (change.credentialIds) await writeMembers(tx, id, change.credentialIds);
          return read(tx, id);
        });
      } catch (error) {
        throw toConflict(error, change.name);
      }
    },
    async reorder(ids) {
      await pg.query(
        `update credential_set s set position = o.position
         from (select id, row_number() over (order by array_position($1::int8[], id::int8) nulls last, position, id) as position
               from credential_set) o
         where o.id = s.id`,
        [ids],
      );
    },
    async remove(id) {
      const { rowCount } = await pg.query('delete from credential_set where id = $1::int8', [id]);
      return rowCount > 0;
    },
  };
}
