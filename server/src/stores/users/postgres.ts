import type { RoleName, Scope } from '@sotp/contract/access.ts';
import { AppError } from '#platform/errors.ts';
import { isUniqueViolation } from '#stores/postgres/faults.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import type { StoredUser, UserChange, UserStore } from './users.ts';

interface UserRow {
  id: number;
  username: string;
  password_hash: string | null;
  role: RoleName;
  scope: Scope | null;
  disabled: boolean;
  epoch: number;
  created_at: Date;
  last_login_at: Date | null;
}

const COLUMNS = 'id, username, password_hash, role, scope, disabled, epoch, created_at, last_login_at';

/** Taken by whoever may take away an administrator, so that two such changes at once cannot remove the last two. */
const ADMIN_LOCK = `select pg_advisory_xact_lock(hashtext('sotp.admins'))`;
const COUNT_ADMINS = `select count(*) as admins from users where role = 'admin' and not disabled and password_hash is not null`;

function toUser(row: UserRow): StoredUser {
  return {
    id: row.id,
    username: row.username,
    passwordHash: row.password_hash,
    role: row.role,
    scope: row.scope,
    disabled: row.disabled,
    epoch: row.epoch,
    createdAt: row.created_at.getTime(),
    lastLoginAt: row.last_login_at?.getTime() ?? null,
  };
}

async function adminsLeft(db: Queryable): Promise<number> {
  const result = await db.query<{ admins: number }>(COUNT_ADMINS);
  return result.rows[0]?.admins ?? 0;
}

async function keepOneAdmin<T>(postgres: Postgres, change: (tx: Queryable) => Promise<T>): Promise<T> {
  return postgres.transaction(async (tx) => {
    await tx.query(ADMIN_LOCK);
    const before = await adminsLeft(tx);
    const changed = await change(tx);
    if (before > 0 && (await adminsLeft(tx)) === 0) {
      throw new AppError(
        'conflict',
        'This is the last administrator who can sign in: make another user an administrator first.',
      );
    }
    return changed;
  });
}

async function writeChange(db: Queryable, id: number, change: UserChange): Promise<StoredUser | undefined> {
  const result = await db.query<UserRow>(
    `update users set
       password_hash = coalesce($2, password_hash),
       role = coalesce($3, role),
       scope = case when $4 then $5::jsonb else scope end,
       disabled = coalesce($6, disabled),
       last_login_at = coalesce($7, last_login_at),
       epoch = epoch + case when $8 then 1 else 0 end
     where id = $1 returning ${COLUMNS}`,
    [
      id,
      change.passwordHash ?? null,
      change.role ?? null,
      change.scope !== undefined,
      change.scope ? JSON.stringify(change.scope) : null,
      change.disabled ?? null,
      change.lastLoginAt === undefined ? null : new Date(change.lastLoginAt),
      change.endSessions ?? false,
    ],
  );
  return result.rows[0] && toUser(result.rows[0]);
}

/** Accounts in PostgreSQL. */
export function createPostgresUsers(postgres: Postgres): UserStore {
  return {
    async create(user) {
      try {
        const result = await postgres.query<UserRow>(
          `insert into users (username, password_hash, role, scope) values ($1, $2, $3, $4) returning ${COLUMNS}`,
          [user.username, user.passwordHash, user.role, user.scope ? JSON.stringify(user.scope) : null],
        );
        return toUser(result.rows[0]!);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        throw new AppError('conflict', `There is already a user named ${user.username}.`, { cause: error });
      }
    },
    async get(id) {
      const result = await postgres.query<UserRow>(`select ${COLUMNS} from users where id = $1`, [id], 'user-by-id');
      return result.rows[0] && toUser(result.rows[0]);
    },
    async byUsername(username) {
      const result = await postgres.query<UserRow>(
        `select ${COLUMNS} from users where lower(username) = lower($1)`,
        [username],
        'user-by-name',
      );
      return result.rows[0] && toUser(result.rows[0]);
    },
    async list(after, limit) {
      const result = await postgres.query<UserRow>(`select ${COLUMNS} from users where id > $1 order by id limit $2`, [
        after,
        limit,
      ]);
      return result.rows.map(toUser);
    },
    update: (id, change, keepAdmin = false) =>
      keepAdmin ? keepOneAdmin(postgres, (tx) => writeChange(tx, id, change)) : writeChange(postgres, id, change),
    remove: (id) =>
      keepOneAdmin(postgres, async (tx) => {
        const result = await tx.query('delete from users where id = $1', [id]);
        return result.rowCount > 0;
      }),
    countAdmins: () => adminsLeft(postgres),
  };
}
