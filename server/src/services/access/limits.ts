import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import type { Cache } from '#cache/cache.ts';
import { AppError } from '#platform/errors.ts';
import { tokenHash } from './random.ts';

/**
 * Sign-in limits, as documented in `docs/errors.md`: per account ten failures in 15 minutes from addresses that have never
 * signed in to it, and ten more from those that have; per address thirty failures in 15 minutes. So a stranger who
 * guesses cannot shut out the owner at the desk he always uses, not even from behind the same address, and whatever is
 * shut opens again by itself.
 */
export const SIGN_IN_WINDOW_MS = 15 * 60_000;
export const ACCOUNT_FAILURES_MAX = 10;
export const ADDRESS_FAILURES_MAX = 30;
/** How long one process remembers by itself that an address is shut out. */
const BLOCKED_HERE_MS = 10_000;
const KNOWN_ADDRESS_MS = 30 * 24 * 3_600_000;

/** One customer has a whole /64 of IPv6: its addresses count as one. */
function network(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  return parsed.parts.slice(0, 4).join(':');
}

export interface SignInLimits {
  /** Counts an attempt before any password is looked at; throws `rate_limited` when there were too many. */
  admit(username: string, address: string): Promise<void>;
  failed(address: string): Promise<void>;
  succeeded(username: string, address: string): Promise<void>;
}

function refuse(ttlMs: number): never {
  const minutes = Math.max(1, Math.ceil(ttlMs / 60_000));
  throw new AppError(
    'rate_limited',
    `Too many failed sign-ins. Wait ${minutes} minute${minutes === 1 ? '' : 's'}, then try again.`,
    { retryable: true, details: { retryAfterSeconds: Math.max(1, Math.ceil(ttlMs / 1000)) } },
  );
}

/** Called once for every window in which a limit is reached. */
export type OnLimit = (limited: { account: string } | { address: string }) => Promise<void>;

export function createSignInLimits(cache: Cache, onLimit: OnLimit): SignInLimits {
  // Names come from strangers: hashed, they have one length and no meaning in the cache.
  const account = (username: string) => tokenHash(username.toLowerCase()).toString('base64url');
  const knownKey = (username: string, address: string) => `sign-in/known/${account(username)}/${address}`;
  const accountKey = (username: string, known: boolean) =>
    `sign-in/account/${account(username)}/${known ? 'known' : 'new'}`;
  const addressKey = (address: string) => `sign-in/address/${network(address)}`;
  const blockedKey = (address: string) => `sign-in/blocked/${network(address)}`;

  // A flood from an address that is shut out costs no look into the cache.
  const blockedHere = new LRUCache<string, true>({ max: 10_000, ttl: BLOCKED_HERE_MS });

  async function isBlocked(address: string): Promise<boolean> {
    if (blockedHere.has(network(address))) return true;
    if ((await cache.get(blockedKey(address))) === undefined) return false;
    blockedHere.set(network(address), true);
    return true;
  }

  const self: SignInLimits = {
    async admit(username, address) {
      const known = (await cache.get(knownKey(username, address))) !== undefined;
      if (!known && (await isBlocked(address))) refuse(SIGN_IN_WINDOW_MS);
      const attempts = await cache.increment(accountKey(username, known), SIGN_IN_WINDOW_MS);
      if (attempts.count === ACCOUNT_FAILURES_MAX + 1) await onLimit({ account: username });
      if (attempts.count <= ACCOUNT_FAILURES_MAX) return;
      await self.failed(address);
      refuse(attempts.ttlMs);
    },
    async failed(address) {
      const failures = await cache.increment(addressKey(address), SIGN_IN_WINDOW_MS);
      if (failures.count >= ADDRESS_FAILURES_MAX) await cache.set(blockedKey(address), true, failures.ttlMs);
      if (failures.count === ADDRESS_FAILURES_MAX) await onLimit({ address });
    },
    async succeeded(username, address) {
      await cache.delete(accountKey(username, true));
      // Only the bucket of known addresses is emptied before the address becomes known; the strangers' one stays.
      if ((await cache.get(knownKey(username, address))) === undefined) {
        await cache.delete(accountKey(username, false));
      }
      await cache.set(knownKey(username, address), true, KNOWN_ADDRESS_MS);
    },
  };
  return self;
}
