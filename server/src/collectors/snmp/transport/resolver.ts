import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError } from '#platform/errors.ts';
import type { Clock } from '#platform/clock.ts';

/** How long a name's address is used before it is asked for again, in the background. */
const FRESH_MS = 60_000;
/** A name that cannot be resolved is not asked for again sooner. */
const FAILED_MS = 10_000;

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

export type Lookup = (name: string) => Promise<{ address: string; family: number }>;

export interface Resolver {
  /** The numeric address of an address or name. Throws `address_unresolvable`. */
  resolve(name: string): Promise<ResolvedAddress>;
}

interface Entry {
  readonly at: number;
  readonly result: ResolvedAddress | AppError;
}

/** Resolves names once and keeps them: a poll waits for the resolver only the first time, and a failed refresh keeps what was known. */
export function createResolver(clock: Clock, ask: Lookup = (name) => lookup(name)): Resolver {
  const known = new Map<string, Entry>();
  const pending = new Map<string, Promise<ResolvedAddress>>();

  async function refresh(name: string): Promise<ResolvedAddress> {
    try {
      const { address, family } = await ask(name);
      const result: ResolvedAddress = { address, family: family === 6 ? 6 : 4 };
      known.set(name, { at: clock.monotonic(), result });
      return result;
    } catch (cause) {
      const before = known.get(name)?.result;
      const result =
        before && !(before instanceof AppError)
          ? before
          : new AppError(
              'address_unresolvable',
              `The name ${name} has no address: check the spelling and the DNS servers of this machine.`,
              {
                cause,
                retryable: true,
              },
            );
      known.set(name, { at: clock.monotonic() - FRESH_MS + FAILED_MS, result });
      if (result instanceof AppError) throw result;
      return result;
    }
  }

  function ensure(name: string): Promise<ResolvedAddress> {
    const running = pending.get(name) ?? refresh(name).finally(() => pending.delete(name));
    pending.set(name, running);
    return running;
  }

  return {
    async resolve(name) {
      const numeric = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
      const family = isIP(numeric);
      if (family !== 0) return { address: canonical(numeric, family), family: family === 6 ? 6 : 4 };
      const entry = known.get(name);
      if (!entry) return ensure(name);
      const stale = clock.monotonic() - entry.at >= FRESH_MS;
      if (entry.result instanceof AppError) {
        if (stale) return ensure(name);
        throw entry.result;
      }
      if (stale) ensure(name).catch(() => undefined);
      return entry.result;
    },
  };
}

/** The spelling in which the socket reports an address: answers are matched by it. */
function canonical(address: string, family: number): string {
  if (family === 4) return address;
  const [host = '', zone] = address.split('%');
  const url = new URL(`http://[${host}]/`).hostname.slice(1, -1);
  return zone === undefined ? url : `${url}%${zone}`;
}
