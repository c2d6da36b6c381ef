import type { User, UserCreate, UserPatch } from '@sotp/contract/access.ts';
import type { Page, PageQuery } from '@sotp/contract/lists.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { pageAfter, parseCursor, parseId } from '#domain/paging.ts';
import { scopeWithin } from '#domain/permissions.ts';
import { AppError } from '#platform/errors.ts';
import type { StoredUser, UserStore } from '#stores/users/users.ts';
import type { Actor } from './actor.ts';
import { difference } from './audit.ts';
import type { Audit } from './audit.ts';
import type { Passwords } from './passwords.ts';
import type { Sessions } from './sessions.ts';

/** Accounts of people. */
export interface Users {
  create(actor: Actor, user: UserCreate): Promise<User>;
  get(id: string): Promise<User>;
  byName(username: string): Promise<User>;
  list(query: PageQuery): Promise<Page<User>>;
  /** A new password, role or scope, or being disabled, ends every session of the user at once. */
  update(actor: Actor, id: string, patch: UserPatch): Promise<User>;
  /** Ends every session of the actor, this one too. */
  changeOwnPassword(actor: Actor, password: string): Promise<void>;
  remove(actor: Actor, id: string): Promise<void>;
}

export interface UsersDeps {
  users: UserStore;
  sessions: Sessions;
  passwords: Passwords;
  audit: Audit;
  bus: Bus;
}

/** An account as the API shows it. */
export function toUser(user: StoredUser): User {
  return {
    id: String(user.id),
    username: user.username,
    role: user.role,
    scope: user.scope,
    disabled: user.disabled,
    createdAt: new Date(user.createdAt).toISOString(),
    lastLoginAt: user.lastLoginAt === null ? null : new Date(user.lastLoginAt).toISOString(),
  };
}

function notFound(): AppError {
  return new AppError('not_found', 'There is no such user.');
}

export function createUsers({ users, sessions, passwords, audit, bus }: UsersDeps): Users {
  async function find(id: string): Promise<StoredUser> {
    const key = parseId(id);
    const user = key === undefined ? undefined : await users.get(key);
    if (!user) throw notFound();
    return user;
  }

  async function endSessions(userId: number): Promise<void> {
    await sessions.closeAll(userId);
    bus.publish(BUS_TOPICS.access, { userId });
  }

  /** An administrator of some sites can neither grant more than he has nor touch those who have more. */
  function requireWithin(actor: Actor, scope: StoredUser['scope']): void {
    if (scopeWithin(scope, actor.scope)) return;
    throw new AppError('forbidden', 'You may manage only users whose sites are all within your own.');
  }

  return {
    async create(actor, { username, password, role, scope = null }) {
      requireWithin(actor, scope);
      const passwordHash = password === undefined ? null : await passwords.hash(password);
      const user = await users.create({ username, passwordHash, role, scope });
      await audit.record(actor, 'user.create', `user/${user.id}`, { username, role, scope });
      return toUser(user);
    },
    get: async (id) => toUser(await find(id)),
    async byName(username) {
      const user = await users.byUsername(username);
      if (!user) throw new AppError('not_found', `There is no user “${username}”.`);
      return toUser(user);
    },
    async list({ limit, cursor }) {
      const rows = await users.list(parseCursor(cursor) ?? 0, limit + 1);
      return pageAfter(rows, limit, toUser);
    },
    async update(actor, id, { password, ...patch }) {
      const before = await find(id);
      requireWithin(actor, before.scope);
      if (patch.scope !== undefined) requireWithin(actor, patch.scope);
      const change = {
        ...patch,
        ...(password === undefined ? {} : { passwordHash: await passwords.hash(password) }),
        endSessions: true,
      };
      const after = await users.update(before.id, change, true);
      if (!after) throw notFound();
      await endSessions(after.id);
      await audit.record(actor, 'user.update', `user/${after.id}`, {
        username: after.username,
        changes: difference({ ...toUser(before) }, { ...toUser(after) }),
        passwordChanged: password !== undefined,
      });
      return toUser(after);
    },
    async changeOwnPassword(actor, password) {
      if (actor.userId === null) throw new AppError('forbidden', 'Only a person has a password.');
      await users.update(actor.userId, { passwordHash: await passwords.hash(password), endSessions: true });
      await endSessions(actor.userId);
      await audit.record(actor, 'user.password', `user/${actor.userId}`);
    },
    async remove(actor, id) {
      const user = await find(id);
      requireWithin(actor, user.scope);
      await users.remove(user.id);
      await endSessions(user.id);
      await audit.record(actor, 'user.remove', `user/${user.id}`, { username: user.username, role: user.role });
    },
  };
}
