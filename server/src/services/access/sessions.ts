import type { Cache } from '#cache/cache.ts';
import type { Clock } from '#platform/clock.ts';
import type { StoredUser, UserStore } from '#stores/users/users.ts';
import { randomToken, tokenHash } from './random.ts';

/** A session ends after a day without use, and after seven days in any case. */
export const SESSION_IDLE_MS = 24 * 3_600_000;
export const SESSION_MAX_MS = 7 * 24 * 3_600_000;
/** How often use is written down; more often would be a write per request. */
const REFRESH_MS = 5 * 60_000;

interface StoredSession {
  readonly epoch: number;
  readonly createdAt: number;
  readonly usedAt: number;
}

/** Sessions of people who signed in. The cache holds a hash of what the cookie holds. */
export interface Sessions {
  /** A new session token, never one that the caller brought along. */
  open(user: StoredUser): Promise<string>;
  /** The user as stored now; undefined when the session or the user's right to it is gone. */
  resume(token: string): Promise<StoredUser | undefined>;
  close(token: string): Promise<void>;
  closeAll(userId: number): Promise<void>;
}

export interface SessionsDeps {
  cache: Cache;
  users: UserStore;
  clock: Clock;
}

const SHAPE = /^(\d{1,15})\.([A-Za-z0-9_-]{43})$/;

/** The cookie's value names the user too, so that all sessions of one user share a prefix of the cache's keys. */
function cacheKey(token: string): { userId: number; key: string } | undefined {
  const match = SHAPE.exec(token);
  if (!match?.[1]) return undefined;
  const userId = Number(match[1]);
  return { userId, key: `session/${userId}/${tokenHash(token).toString('base64url')}` };
}

export function createSessions({ cache, users, clock }: SessionsDeps): Sessions {
  return {
    async open(user) {
      const token = `${user.id}.${randomToken()}`;
      const now = clock.now();
      const session: StoredSession = { epoch: user.epoch, createdAt: now, usedAt: now };
      await cache.set(cacheKey(token)!.key, session, SESSION_IDLE_MS);
      return token;
    },
    async resume(token) {
      const place = cacheKey(token);
      if (!place) return undefined;
      const session = await cache.get<StoredSession>(place.key);
      if (!session) return undefined;
      const now = clock.now();
      const user = await users.get(place.userId);
      const expired = now - session.createdAt > SESSION_MAX_MS || now - session.usedAt > SESSION_IDLE_MS;
      if (!user || user.disabled || user.epoch !== session.epoch || expired) {
        await cache.delete(place.key);
        return undefined;
      }
      if (now - session.usedAt > REFRESH_MS) await cache.set(place.key, { ...session, usedAt: now }, SESSION_IDLE_MS);
      return user;
    },
    async close(token) {
      const place = cacheKey(token);
      if (place) await cache.delete(place.key);
    },
    closeAll: (userId) => cache.deletePrefix(`session/${userId}/`),
  };
}
