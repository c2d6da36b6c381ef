import { lookup as systemLookup } from 'node:dns/promises';
import { AppError } from '#platform/errors.ts';
import type { Target } from '#collectors/collector.ts';
import { parseSocketAddress } from './address.ts';
import type { SocketAddress } from './address.ts';

export interface Resolver {
  /** The address to be asked; names are looked up every time, an address needs no look-up. */
  resolve(target: Target): Promise<SocketAddress>;
  forget(deviceId: number): void;
}

/** Asks the system for an address of a name; fails with a `code` as Node's resolver does. */
export type Lookup = (name: string) => Promise<{ address: string }>;

/** Looks names up; a name server that is down does not stop the watching of a device whose address was known. */
export function createResolver(lookup: Lookup = (name) => systemLookup(name)): Resolver {
  const known = new Map<number, { name: string; address: SocketAddress }>();
  return {
    async resolve({ deviceId, address: name }) {
      const last = known.get(deviceId);
      const literal = last?.name === name && last.address.text === name ? last.address : parseSocketAddress(name);
      if (literal) {
        known.set(deviceId, { name, address: literal });
        return literal;
      }
      try {
        const { address: text } = await lookup(name);
        const address = last?.address.text === text ? last.address : parseSocketAddress(text);
        if (address) {
          known.set(deviceId, { name, address });
          return address;
        }
      } catch (cause) {
        if (last?.name === name && isTemporary(cause)) return last.address;
        throw new AppError('address_unresolvable', `The name ${name} has no address; check it, or the name servers.`, {
          cause,
          retryable: true,
        });
      }
      throw new AppError('address_unresolvable', `The name ${name} has no usable address.`);
    },
    forget(deviceId) {
      known.delete(deviceId);
    },
  };
}

function isTemporary(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'EAI_AGAIN' || cause.code === 'EBUSY');
}
