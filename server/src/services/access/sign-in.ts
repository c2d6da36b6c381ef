import type { Login, User } from '@sotp/contract/access.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { AppError } from '#platform/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { SecretStore } from '#stores/secrets/secrets.ts';
import type { StoredUser, UserStore } from '#stores/users/users.ts';
import type { Actor } from './actor.ts';
import type { Audit } from './audit.ts';
import type { SignInLimits } from './limits.ts';
import type { Passwords } from './passwords.ts';
import type { Sessions } from './sessions.ts';
import { checkTotp } from './totp.ts';
import { toUser } from './users.ts';

/** A session that has just begun: its cookie value, and whose it is. */
export interface SignedIn {
  readonly session: string;
  readonly user: User;
}

/** Signing in and out. */
export interface SignIn {
  /**
   * Throws `invalid_credentials`, the same and after the same time whatever was wrong, or `rate_limited`. `oldSession`
   * is what the browser still held; it ends.
   */
  signIn(login: Login, from: string, oldSession?: string): Promise<SignedIn>;
  signOut(session: string): Promise<void>;
  /** That whoever is signed in still knows his password; limited like signing in. Throws `invalid_credentials`. */
  confirm(user: { username: string; password: string }, from: string): Promise<void>;
  /** A new session for somebody who has just proved himself. */
  open(userId: string): Promise<SignedIn>;
  /** Whose session it is; undefined when it is none. */
  authenticate(session: string, from: string | null): Promise<{ actor: Actor; user: User } | undefined>;
}

export interface SignInDeps {
  users: UserStore;
  sessions: Sessions;
  passwords: Passwords;
  limits: SignInLimits;
  secrets: SecretStore;
  audit: Audit;
  bus: Bus;
  clock: Clock;
}

/** A signed-in person as an actor. */
export function userActor(user: StoredUser, from: string | null): Actor {
  return {
    key: `user/${user.id}`,
    name: user.username,
    via: 'session',
    userId: user.id,
    tokenId: null,
    role: user.role,
    scope: user.scope,
    from,
  };
}

export function createSignIn(deps: SignInDeps): SignIn {
  const { users, sessions, passwords, limits, secrets, audit, bus, clock } = deps;

  async function check({ username, password, totp }: Login): Promise<StoredUser | 'totp' | undefined> {
    const user = await users.byUsername(username);
    const right = await passwords.verify(user?.passwordHash ?? null, password);
    if (!user || !right || user.disabled) return undefined;
    const secret = await secrets.get(`user/${user.id}/totp`);
    if (secret === undefined || checkTotp(secret, totp ?? '', clock.now())) return user;
    return totp === undefined ? 'totp' : undefined;
  }

  return {
    async signIn(login, from, oldSession) {
      await limits.admit(login.username, from);
      const user = await check(login);
      if (user === undefined || user === 'totp') {
        await limits.failed(from);
        if (user === 'totp') {
          throw new AppError('invalid_credentials', 'This account asks for a one-time code as well.', {
            details: { totpRequired: true },
          });
        }
        throw new AppError('invalid_credentials', 'The user name or the password is wrong.');
      }
      await limits.succeeded(login.username, from);
      if (oldSession !== undefined) await sessions.close(oldSession);
      const session = await sessions.open(user);
      const signedIn = (await users.update(user.id, { lastLoginAt: clock.now() })) ?? user;
      await audit.record(userActor(user, from), 'sign-in', `user/${user.id}`);
      return { session, user: toUser(signedIn) };
    },
    async signOut(session) {
      const user = await sessions.resume(session);
      await sessions.close(session);
      if (user) bus.publish(BUS_TOPICS.access, { userId: user.id });
    },
    async confirm({ username, password }, from) {
      await limits.admit(username, from);
      const user = await users.byUsername(username);
      if (!(await passwords.verify(user?.passwordHash ?? null, password))) {
        await limits.failed(from);
        throw new AppError('invalid_credentials', 'The current password is wrong.');
      }
      await limits.succeeded(username, from);
    },
    async open(userId) {
      const user = await users.get(Number(userId));
      if (!user || user.disabled) throw new AppError('unauthenticated', 'Sign in first.');
      return { session: await sessions.open(user), user: toUser(user) };
    },
    async authenticate(session, from) {
      const user = await sessions.resume(session);
      return user && { actor: userActor(user, from), user: toUser(user) };
    },
  };
}
