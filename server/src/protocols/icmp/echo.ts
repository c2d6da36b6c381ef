import { internetChecksum } from './checksum.ts';

export type IpFamily = 4 | 6;

/** Octets of an echo message before its payload (RFC 792, RFC 4443 section 4.1). */
export const ECHO_HEADER_LENGTH = 8;

const ECHO_REQUEST = { 4: 8, 6: 128 } as const;
const ECHO_REPLY = { 4: 0, 6: 129 } as const;

/**
 * Writes the header of an echo request into `packet`, whose payload stands already behind the first 8 octets. ICMPv6
 * checksums cover a pseudo-header that only the kernel knows (RFC 4443 section 2.3), so there it stays zero.
 */
export function writeEchoRequest(packet: Uint8Array, family: IpFamily, id: number, sequence: number): void {
  packet[0] = ECHO_REQUEST[family];
  packet[1] = 0;
  packet[2] = 0;
  packet[3] = 0;
  packet[4] = id >>> 8;
  packet[5] = id & 0xff;
  packet[6] = sequence >>> 8;
  packet[7] = sequence & 0xff;
  if (family === 6) return;
  const checksum = internetChecksum(packet, 0, packet.length);
  packet[2] = checksum >>> 8;
  packet[3] = checksum & 0xff;
}

/** Where the ICMP message of an IPv4 packet in `bytes[start, end)` begins; -1 when it is no whole IPv4 packet of ICMP. */
export function icmpStart(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 20 || (bytes[start] ?? 0) >>> 4 !== 4 || bytes[start + 9] !== 1) return -1;
  const headerLength = ((bytes[start] ?? 0) & 0x0f) * 4;
  return headerLength < 20 || start + headerLength > end ? -1 : start + headerLength;
}

/** True when `bytes[start, end)` is an echo reply with, for IPv4, a right checksum. */
export function isEchoReply(bytes: Uint8Array, start: number, end: number, family: IpFamily): boolean {
  if (end - start < ECHO_HEADER_LENGTH || bytes[start] !== ECHO_REPLY[family] || bytes[start + 1] !== 0) return false;
  return family === 6 || internetChecksum(bytes, start, end) === 0;
}

/** True when `bytes[start, end)` begins as an echo request: what an ICMP error quotes of ours. It may be cut short. */
export function isQuotedEchoRequest(bytes: Uint8Array, start: number, end: number, family: IpFamily): boolean {
  return end - start >= ECHO_HEADER_LENGTH && bytes[start] === ECHO_REQUEST[family] && bytes[start + 1] === 0;
}

/** The identifier of the echo message that begins at `start`. */
export function echoIdentifier(bytes: Uint8Array, start: number): number {
  return ((bytes[start + 4] ?? 0) << 8) | (bytes[start + 5] ?? 0);
}

/** The sequence number of the echo message that begins at `start`. */
export function echoSequence(bytes: Uint8Array, start: number): number {
  return ((bytes[start + 6] ?? 0) << 8) | (bytes[start + 7] ?? 0);
}
