// Structures of 64-bit little-endian Linux for sendmmsg and recvmmsg, equal on x86-64 and arm64. No pointer is followed
// here: whoever hands them to the kernel keeps the memory where it is.

/** `sizeof(struct mmsghdr)`, and the fields that change as indexes of 32-bit words. */
export const HEADER_OCTETS = 64;
const HEADER_WORDS = HEADER_OCTETS / 4;
const NAME_LENGTH = 2;
export const CONTROL_LENGTH = 10;
const MESSAGE_LENGTH = 14;
/** `sizeof(struct sockaddr_in)`. */
const NAME_OCTETS = 16;
export const CONTROL_OCTETS = 64;
const AF_INET = 2;
const SOL_SOCKET = 1;
const SO_RXQ_OVFL = 40;

/** A row of messages, each with an IPv4 address, room for its octets and, when received, for a control message. */
export interface MessageRow {
  readonly headers: Uint8Array;
  readonly octets: Buffer;
  /** `CONTROL_OCTETS` an entry. */
  readonly controls: Uint8Array;
  readonly entryOctets: number;
  /** Makes all entries ready to receive: the kernel shortens the lengths that it is given. */
  prepare(): void;
  /** Makes entry `i` a message to be sent; its octets have been written. */
  address(i: number, ip: number, port: number, length: number): void;
  /** Octets of the message that was received as entry `i`. */
  length(i: number): number;
  /** IPv4 address, as a number of 32 bits with sign, and port that entry `i` came from. */
  ip(i: number): number;
  port(i: number): number;
  /** How many datagrams the kernel has dropped for want of room since the socket was opened; 0 when it says nothing. */
  overflow(i: number): number;
}

/** Lays out a row; `addressOf` gives the address of memory. */
export function createMessageRow(
  count: number,
  entryOctets: number,
  addressOf: (memory: Uint8Array) => bigint,
): MessageRow {
  const headers = new Uint8Array(count * HEADER_OCTETS);
  const names = new Uint8Array(count * NAME_OCTETS);
  const octets = Buffer.alloc(count * entryOctets);
  const controls = new Uint8Array(count * CONTROL_OCTETS);
  const vectors = new Uint8Array(count * 16);
  const words = new Uint32Array(headers.buffer);
  const controlWords = new Uint32Array(controls.buffer);
  const name = new DataView(names.buffer);
  const vector = new DataView(vectors.buffer);
  const header = new DataView(headers.buffer);
  const base = {
    names: addressOf(names),
    octets: addressOf(octets),
    controls: addressOf(controls),
    vectors: addressOf(vectors),
  };
  for (let i = 0; i < count; i += 1) {
    vector.setBigUint64(i * 16, base.octets + BigInt(i * entryOctets), true);
    vector.setBigUint64(i * 16 + 8, BigInt(entryOctets), true);
    header.setBigUint64(i * HEADER_OCTETS, base.names + BigInt(i * NAME_OCTETS), true);
    header.setUint32(i * HEADER_OCTETS + 8, NAME_OCTETS, true);
    header.setBigUint64(i * HEADER_OCTETS + 16, base.vectors + BigInt(i * 16), true);
    header.setBigUint64(i * HEADER_OCTETS + 24, 1n, true);
    header.setBigUint64(i * HEADER_OCTETS + 32, base.controls + BigInt(i * CONTROL_OCTETS), true);
  }
  return {
    headers,
    octets,
    controls,
    entryOctets,
    prepare() {
      for (let word = 0; word < words.length; word += HEADER_WORDS) {
        words[word + NAME_LENGTH] = NAME_OCTETS;
        words[word + CONTROL_LENGTH] = CONTROL_OCTETS;
      }
    },
    address(i, ip, port, length) {
      name.setUint16(i * NAME_OCTETS, AF_INET, true);
      name.setUint16(i * NAME_OCTETS + 2, port);
      name.setInt32(i * NAME_OCTETS + 4, ip);
      vector.setUint32(i * 16 + 8, length, true);
      words[i * HEADER_WORDS + CONTROL_LENGTH] = 0;
    },
    length: (i) => Math.min(words[i * HEADER_WORDS + MESSAGE_LENGTH] ?? 0, entryOctets),
    ip: (i) => name.getInt32(i * NAME_OCTETS + 4),
    port: (i) => name.getUint16(i * NAME_OCTETS + 2),
    overflow(i) {
      // struct cmsghdr: length (8), level, type, then the data.
      const word = (i * CONTROL_OCTETS) / 4;
      const filled = words[i * HEADER_WORDS + CONTROL_LENGTH] ?? 0;
      const isOverflow =
        filled >= 20 && controlWords[word + 2] === SOL_SOCKET && controlWords[word + 3] === SO_RXQ_OVFL;
      return isOverflow ? (controlWords[word + 4] ?? 0) : 0;
    },
  };
}
