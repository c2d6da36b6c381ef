import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import type { IpFamily } from '#protocols/icmp/echo.ts';

const AF_INET = 2;
const AF_INET6 = 10;

/** A destination as the kernel takes it: `sockaddr_in` or `sockaddr_in6` of Linux. */
export interface SocketAddress {
  readonly family: IpFamily;
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Where the address itself stands in the socket address, and how long it is. */
export const ADDRESS_AT = { 4: [4, 4], 6: [8, 16] } as const;

/** The socket address of an IPv4 or IPv6 address in text (a zone as in `fe80::1%eth0` counts); null when it is none. */
export function parseSocketAddress(text: string): SocketAddress | null {
  const [plain = '', zone] = text.split('%', 2);
  if (ipaddr.IPv4.isValidFourPartDecimal(plain)) {
    if (zone !== undefined) return null;
    const bytes = new Uint8Array(16);
    writeFamily(bytes, AF_INET);
    bytes.set(ipaddr.IPv4.parse(plain).toByteArray(), ADDRESS_AT[4][0]);
    return { family: 4, text, bytes };
  }
  if (!ipaddr.IPv6.isValid(plain)) return null;
  const address = ipaddr.IPv6.parse(plain);
  if (address.isIPv4MappedAddress()) return parseSocketAddress(address.toIPv4Address().toString());
  const bytes = new Uint8Array(28);
  writeFamily(bytes, AF_INET6);
  bytes.set(address.toByteArray(), ADDRESS_AT[6][0]);
  new DataView(bytes.buffer).setUint32(24, zone === undefined ? 0 : scopeOf(zone), true);
  return { family: 6, text, bytes };
}

// `sa_family` is in the machine's byte order; koffi.ts refuses big-endian machines.
function writeFamily(bytes: Uint8Array, family: number): void {
  bytes[0] = family;
}

function scopeOf(zone: string): number {
  const addresses = networkInterfaces()[zone] ?? [];
  const scope = addresses.find((entry) => entry.family === 'IPv6' && entry.scopeid)?.scopeid;
  return scope ?? (/^\d+$/.test(zone) ? Number(zone) : 0);
}
