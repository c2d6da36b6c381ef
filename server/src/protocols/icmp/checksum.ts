/**
 * The Internet checksum (RFC 1071) of `bytes[start, end)`: the ones' complement of the ones' complement sum of its
 * 16-bit words. Zero over a region that holds its own correct checksum.
 */
export function internetChecksum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let at = start;
  // At most 32,767 words in an IP packet, so the plain sum stays far below 2^53 and the carries can wait.
  for (; at + 1 < end; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  if (at < end) sum += (bytes[at] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
