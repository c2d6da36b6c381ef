import type { RoleName, Scope } from '@sotp/contract/access.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import type { SetupLinkStore, StoredToken, TokenStore } from './users.ts';

interface TokenRow {
  id: number;
  name: string;
  role: RoleName;
  owner_id: number | null;
  owner_name: string | null;
  owner_role: RoleName;
  owner_scope: Scope | null;
  owner_disabled: boolean;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

const SELECT = `select t.id, t.name, t.role, t.owner_id, u.username as owner_name, u.role as owner_role,
  u.scope as owner_scope, u.disabled as owner_disabled, t.created_at, t.expires_at, t.last_used_at
  from api_tokens t left join users u on u.id = t.owner_id`;

function toToken(row: TokenRow): StoredToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    ownerId: row.owner_id,
    owner:
      row.owner_name === null
        ? null
        : { username: row.owner_name, role: row.owner_role, scope: row.owner_scope, disabled: row.owner_disabled },
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at?.getTime() ?? null,
    lastUsedAt: row.last_used_at?.getTime() ?? null,
  };
}

/** API tokens in PostgreSQL. */
export function createPostgresTokens(db: Queryable): TokenStore {
  async function one(where: string, value: unknown, name: string): Promise<StoredToken | undefined> {
    const result = await db.query<TokenRow>(`${SELECT} where ${where}`, [value], name);
    return result.rows[0] && toToken(result.rows[0]);
  }
  const get = (id: number) => one('t.id = $1', id, 'token-by-id');
  return {
    async create(token) {
      const result = await db.query<{ id: number }>(
        'insert into api_tokens (name, role, token_hash, owner_id, expires_at) values ($1, $2, $3, $4, $5) returning id',
        [
          token.name,
          token.role,
          token.hash,
          token.ownerId,
          token.expiresAt === null ? null : new Date(token.expiresAt),
        ],
      );
      return (await get(result.rows[0]!.id))!;
    },
    get,
    byHash: (hash) => one('t.token_hash = $1', hash, 'token-by-hash'),
    async list(after, limit, ownerId) {
      const result = await db.query<TokenRow>(
        `${SELECT} where t.id > $1 and ($3::bigint is null or t.owner_id = $3) order by t.id limit $2`,
        [after, limit, ownerId ?? null],
      );
      return result.rows.map(toToken);
    },
    async remove(id) {
      const result = await db.query('delete from api_tokens where id = $1', [id]);
      return result.rowCount > 0;
    },
    async used(id, at) {
      await db.query('update api_tokens set last_used_at = $2 where id = $1', [id, new Date(at)]);
    },
  };
}

/** The set-up link in PostgreSQL. */
export function createPostgresSetupLink(db: Queryable): SetupLinkStore {
  return {
    async replace(hash, expiresAt) {
      await db.query(
        `insert into setup_link (token_hash, expires_at) values ($1, $2)
         on conflict (only_one) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at`,
        [hash, new Date(expiresAt)],
      );
    },
    async take(hash, now) {
      const result = await db.query('delete from setup_link where token_hash = $1 and expires_at > $2', [
        hash,
        new Date(now),
      ]);
      return result.rowCount > 0;
    },
    async clear() {
      await db.query('delete from setup_link');
    },
  };
}
