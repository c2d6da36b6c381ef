import ipaddr from 'ipaddr.js';
import { normalAddress } from './endpoint.ts';

/** Where a device is, as far as sets ask. */
export interface Place {
  readonly site: string | null;
  /** Address or host name; a name is in no subnet. */
  readonly address: string;
}

/** For which devices something is: sites and subnets must both fit, and an empty list fits all. */
export interface Coverage {
  readonly sites: readonly string[];
  /** CIDR. */
  readonly subnets: readonly string[];
}

/** A subnet in its one normal form, host bits cut off; undefined when it is none. A single address is one, too. */
export function normalSubnet(text: string): string | undefined {
  const [address = '', bits, ...rest] = text.trim().split('/');
  if (rest.length > 0 || !ipaddr.isValid(address) || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined;
  const normal = normalAddress(address);
  const parsed = ipaddr.parse(normal);
  const width = parsed.kind() === 'ipv4' ? 32 : 128;
  const length = bits === undefined ? width : Number(bits);
  if (length > width || (width === 32 && address.includes(':'))) return undefined;
  const network =
    parsed.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${normal}/${length}`).toString()
      : (ipaddr.IPv6.networkAddressFromCIDR(`${normal}/${length}`) as ipaddr.IPv6).toRFC5952String();
  return `${network}/${length}`;
}

function contains(subnet: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const [network, length] = ipaddr.parseCIDR(subnet);
  return network.kind() === address.kind() && address.match(network, length);
}

/** True when a device at that place is covered. */
export function covers({ sites, subnets }: Coverage, { site, address }: Place): boolean {
  if (sites.length > 0 && (site === null || !sites.includes(site))) return false;
  if (subnets.length === 0) return true;
  const normal = normalAddress(address).replace(/%.*$/, '');
  if (!ipaddr.isValid(normal)) return false;
  const parsed = ipaddr.parse(normal);
  return subnets.some((subnet) => contains(subnet, parsed));
}

/** A credential that a device may be asked with, and where that comes from. */
export interface Candidate<S> {
  readonly credentialId: number;
  /** Null: one of the device's own. */
  readonly set: S | null;
}

/** What is tried on a device, in order: its own credentials, then those of the sets that cover it; each once. */
export function candidatesOf<S extends Coverage & { readonly credentialIds: readonly number[] }>(
  own: readonly number[],
  sets: readonly S[],
  place: Place,
): Candidate<S>[] {
  const candidates = new Map<number, Candidate<S>>();
  for (const credentialId of own) candidates.set(credentialId, { credentialId, set: null });
  for (const set of sets) {
    if (!covers(set, place)) continue;
    for (const credentialId of set.credentialIds) {
      if (!candidates.has(credentialId)) candidates.set(credentialId, { credentialId, set });
    }
  }
  return [...candidates.values()];
}
