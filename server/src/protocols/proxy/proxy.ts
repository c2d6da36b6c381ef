import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The longest line of version 1, and the longest header of version 2 that we take: addresses and some TLVs. */
const LINE_MAX = 107;
const HEADER_MAX = 4_096;
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n');
const HEAD = SIGNATURE.length + 4;
const LINE_START = Buffer.from('PROXY ');

/** Who is behind a proxy: the address it names; empty when it speaks for itself, or does not know. */
export interface ProxyHeader {
  readonly source: string;
  /** Octets of the header: what the sender says begins behind them. */
  readonly length: number;
}

/** Reads the header that a proxy puts before a connection (PROXY protocol, versions 1 and 2). */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'incomplete' | 'bad' {
  if (startsAlike(bytes, SIGNATURE)) return readVersion2(bytes);
  if (startsAlike(bytes, LINE_START)) return readVersion1(bytes);
  return 'bad';
}

/** True as far as both go. */
function startsAlike(bytes: Buffer, wanted: Buffer): boolean {
  const length = Math.min(bytes.length, wanted.length);
  return bytes.compare(wanted, 0, length, 0, length) === 0;
}

/** `PROXY TCP4 192.0.2.1 192.0.2.2 40000 514` and CR LF; `PROXY UNKNOWN`, whatever follows. */
function readVersion1(bytes: Buffer): ProxyHeader | 'incomplete' | 'bad' {
  const end = bytes.subarray(0, LINE_MAX).indexOf('\r\n');
  if (end === -1) return bytes.length >= LINE_MAX ? 'bad' : 'incomplete';
  const length = end + 2;
  const [, family, source = '', target = '', ...ports] = bytes.toString('latin1', 0, end).split(' ');
  if (family === 'UNKNOWN') return { source: '', length };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined;
  if (!isAddress?.(source) || !isAddress(target) || ports.length !== 2 || !ports.every(isPort)) return 'bad';
  return { source: ipaddr.process(source).toString(), length };
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** Signature, version and command, family, length, then addresses and ports in binary, then TLVs that we pass over. */
function readVersion2(bytes: Buffer): ProxyHeader | 'incomplete' | 'bad' {
  if (bytes.length < HEAD) return 'incomplete';
  const command = bytes[12]!;
  const family = bytes[13]! >> 4;
  const length = HEAD + bytes.readUInt16BE(14);
  if ((command !== 0x20 && command !== 0x21) || length > HEADER_MAX) return 'bad';
  if (bytes.length < length) return 'incomplete';
  // LOCAL: the proxy itself, to see whether we live; and families that are no internet addresses.
  if (command === 0x20 || (family !== 1 && family !== 2)) return { source: '', length };
  if (length - HEAD < (family === 1 ? 12 : 36)) return 'bad';
  const address = ipaddr.fromByteArray([...bytes.subarray(HEAD, HEAD + (family === 1 ? 4 : 16))]);
  return { source: ipaddr.process(address.toString()).toString(), length };
}
