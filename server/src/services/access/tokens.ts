import type { Token, TokenCreate } from '@sotp/contract/access.ts';
import type { Page, PageQuery } from '@sotp/contract/lists.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import { pageAfter, parseCursor, parseId } from '#domain/paging.ts';
import { may, weakerRole } from '#domain/permissions.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { StoredToken, TokenStore } from '#stores/users/users.ts';
import type { Actor } from './actor.ts';
import type { Audit } from './audit.ts';
import { randomToken, tokenHash } from './random.ts';

/** Makes our tokens easy to find in places where they do not belong. */
const PREFIX = 'sotp_';
/** How often use is written down. */
const USED_MS = 60_000;

/** A token that was never there before, and what is stored of it. */
export function newApiToken(): { token: string; hash: Buffer } {
  const token = PREFIX + randomToken();
  return { token, hash: tokenHash(token) };
}

/** Tokens for programs. A token never may more than its role, nor more than its owner may at that moment. */
export interface Tokens {
  /** The token itself is in this answer only. */
  create(actor: Actor, token: TokenCreate): Promise<{ id: string; token: string }>;
  /** All for those who manage users; for others their own. */
  list(actor: Actor, query: PageQuery): Promise<Page<Token>>;
  remove(actor: Actor, id: string): Promise<void>;
  /** Throws `token_expired` for a token whose time is over; undefined when there is no such token. */
  authenticate(token: string, from: string | null): Promise<Actor | undefined>;
}

export interface TokensDeps {
  tokens: TokenStore;
  audit: Audit;
  bus: Bus;
  clock: Clock;
}

function toToken(token: StoredToken): Token {
  const instant = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    id: String(token.id),
    name: token.name,
    role: token.role,
    createdAt: new Date(token.createdAt).toISOString(),
    expiresAt: instant(token.expiresAt),
    lastUsedAt: instant(token.lastUsedAt),
    createdBy: token.owner?.username ?? null,
  };
}

const seesAll = (actor: Actor) => may(actor, 'users:read');

export function createTokens({ tokens, audit, bus, clock }: TokensDeps): Tokens {
  return {
    async create(actor, { name, role, expiresAt }) {
      if (weakerRole(role, actor.role) !== role) {
        throw new AppError('forbidden', `A token cannot have a stronger role than yours, which is ${actor.role}.`);
      }
      const expires = expiresAt === undefined ? null : Date.parse(expiresAt);
      if (expires !== null && expires <= clock.now()) {
        throw new AppError('validation_failed', 'expiresAt must be in the future.', {
          details: { fields: [{ path: 'expiresAt', message: 'must be in the future' }] },
        });
      }
      const { token, hash } = newApiToken();
      const stored = await tokens.create({
        name,
        role,
        hash,
        ownerId: actor.userId,
        expiresAt: expires,
      });
      await audit.record(actor, 'token.create', `token/${stored.id}`, { name, role, expiresAt: expiresAt ?? null });
      return { id: String(stored.id), token };
    },
    async list(actor, { limit, cursor }) {
      const owner = seesAll(actor) ? undefined : (actor.userId ?? -1);
      const rows = await tokens.list(parseCursor(cursor) ?? 0, limit + 1, owner);
      return pageAfter(rows, limit, toToken);
    },
    async remove(actor, id) {
      const key = parseId(id);
      const token = key === undefined ? undefined : await tokens.get(key);
      if (!token || (!seesAll(actor) && token.ownerId !== actor.userId)) {
        throw new AppError('not_found', 'There is no such token.');
      }
      await tokens.remove(token.id);
      bus.publish(BUS_TOPICS.access, { tokenId: token.id });
      await audit.record(actor, 'token.remove', `token/${token.id}`, { name: token.name, role: token.role });
    },
    async authenticate(text, from) {
      if (!text.startsWith(PREFIX) || text.length > 100) return undefined;
      const token = await tokens.byHash(tokenHash(text));
      if (!token) return undefined;
      const now = clock.now();
      if (token.expiresAt !== null && token.expiresAt <= now) {
        throw new AppError('token_expired', `The token “${token.name}” has expired: create a new one.`);
      }
      const { owner } = token;
      if (owner === null ? token.ownerId !== null : owner.disabled) return undefined;
      if (token.lastUsedAt === null || now - token.lastUsedAt > USED_MS) await tokens.used(token.id, now);
      return {
        key: `token/${token.id}`,
        name: owner ? `${owner.username} (token ${token.name})` : `token ${token.name}`,
        via: 'token',
        userId: token.ownerId,
        tokenId: token.id,
        role: owner ? weakerRole(token.role, owner.role) : token.role,
        scope: owner ? owner.scope : null,
        from,
      };
    },
  };
}
