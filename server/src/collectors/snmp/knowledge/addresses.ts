import type { AddressFacts } from '@sotp/contract/inventory.ts';
import type { SnmpReader } from '#collectors/snmp/reader.ts';
import { arcsOf, ipOf, numberOf, textOf } from './values.ts';

const IP_ADDR = '1.3.6.1.2.1.4.20.1';
/** The one table of both families, as IP-MIB (RFC 4293) has it and as Cisco had it before. */
const IP_ADDRESS_TABLES = ['1.3.6.1.2.1.4.34.1', '1.3.6.1.4.1.9.10.86.1.1.2.1'];
const IPV6_ADDR = '1.3.6.1.2.1.55.1.8.1';

/** The device's own addresses, each once, from the tables of four generations. */
export async function readAddresses(reader: SnmpReader): Promise<AddressFacts[]> {
  const found = new Map<string, AddressFacts>();
  const add = (address: string | null, prefixLength: number | null, ifIndex: number | null): void => {
    if (address === null) return;
    const key = `${address} ${ifIndex ?? ''}`;
    const before = found.get(key);
    if (!before) found.set(key, { address, prefixLength, ifIndex });
    else if (before.prefixLength === null) found.set(key, { ...before, prefixLength });
  };
  for (const [index, [ifIndex, mask]] of await reader.table([`${IP_ADDR}.2`, `${IP_ADDR}.3`])) {
    add(ipOf(arcsOf(index)), maskLength(textOf(mask)), numberOf(ifIndex));
  }
  for (const table of IP_ADDRESS_TABLES) {
    for (const [index, [ifIndex, prefix]] of await reader.table([`${table}.3`, `${table}.5`])) {
      add(inetAddress(arcsOf(index)), lastArc(textOf(prefix)), numberOf(ifIndex));
    }
  }
  for (const [index, [prefix]] of await reader.table([`${IPV6_ADDR}.2`])) {
    const [ifIndex = null, ...octets] = arcsOf(index);
    // The address is of fixed length, yet some agents put its length before it.
    add(ipOf(octets.length === 17 ? octets.slice(1) : octets), numberOf(prefix), ifIndex);
  }
  return [...found.values()];
}

function maskLength(mask: string | null): number | null {
  if (mask === null) return null;
  const bits = mask
    .split('.')
    .map((octet) => Number(octet).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) && bits.length === 32 ? bits.lastIndexOf('1') + 1 : null;
}

/** An index of InetAddressType (1 ipv4, 2 ipv6, 3 and 4 with a zone) and InetAddress with its length. */
export function inetAddress(arcs: readonly number[]): string | null {
  const [type, length, ...rest] = arcs;
  if (type === undefined || length === undefined) return null;
  // Agents that leave the length out are told by what would be left.
  const octets = rest.length === length ? rest : [length, ...rest];
  if ((type === 3 && octets.length === 8) || (type === 4 && octets.length === 20)) return ipOf(octets.slice(0, -4));
  return ipOf(octets);
}

/** The prefix is a RowPointer whose last arc is the length; 0.0 says that there is none. */
function lastArc(pointer: string | null): number | null {
  if (pointer === null || pointer === '0.0') return null;
  const last = Number(pointer.slice(pointer.lastIndexOf('.') + 1));
  return last >= 0 && last <= 128 ? last : null;
}
