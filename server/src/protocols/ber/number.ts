// The content of BER integers, as plain functions: they are called for each value that is polled.

/** Most octets of a number: a Counter64 has nine when its first bit is set. */
const MAX_OCTETS = 9;

/** Two's complement content from `at` to `end`; beyond 2^53 it is rounded. NaN when it is none. */
export function signedAt(buf: Uint8Array, at: number, end: number): number {
  const length = end - at;
  if (length < 1 || length > MAX_OCTETS) return Number.NaN;
  let high = ((buf[at] ?? 0) << 24) >> 24;
  if (length <= 4) {
    for (let i = at + 1; i < end; i += 1) high = (high << 8) | (buf[i] ?? 0);
    return high;
  }
  let value = high;
  for (let i = at + 1; i < end; i += 1) value = value * 256 + (buf[i] ?? 0);
  return value;
}

/**
 * Content of a number without sign from `at` to `end`; beyond 2^53 it is rounded. NaN when it is none. Agents that leave
 * out the leading zero octet of a number whose top bit is set are understood.
 */
export function unsignedAt(buf: Uint8Array, at: number, end: number): number {
  const length = end - at;
  if (length < 1 || length > MAX_OCTETS || (length === MAX_OCTETS && buf[at] !== 0)) return Number.NaN;
  // Two words of 32 bits: integers are faster than one number that outgrows them.
  let high = 0;
  let low = 0;
  const lowAt = end - 4;
  for (let i = at; i < lowAt; i += 1) high = (high << 8) | (buf[i] ?? 0);
  for (let i = lowAt < at ? at : lowAt; i < end; i += 1) low = (low << 8) | (buf[i] ?? 0);
  return (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
}
