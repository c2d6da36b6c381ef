import ipaddr from 'ipaddr.js';

// Structures of 64-bit little-endian Linux for recvmmsg, equal on x86-64 and arm64. No pointer is followed here: whoever
// hands them to the kernel keeps the memory where it is.

/** `sizeof(struct mmsghdr)`, and the fields that change, as indexes of 32-bit words. */
const HEADER_OCTETS = 64;
const HEADER_WORDS = HEADER_OCTETS / 4;
const NAME_LENGTH = 2;
const MESSAGE_LENGTH = 14;
/** Room for `struct sockaddr_in6`, in words. */
const NAME_WORDS = 8;
const AF_INET6 = 10;
/** The third word of an IPv4 address that came in through an IPv6 socket: `::ffff:0:0/96`. */
const MAPPED = 0xffff0000;
const SENDERS_MAX = 10_000;

/** A row of datagrams to be received with one call. */
export interface DatagramRow {
  readonly headers: Uint8Array;
  readonly octets: Buffer;
  /** What the headers point to: it must live as long as they are used. */
  readonly memory: readonly Uint8Array[];
  /** Makes all entries ready to receive: the kernel shortens the lengths that it is given. */
  prepare(): void;
  /** Octets of the datagram that was received as entry `i`. */
  length(i: number): number;
  /** The address it came from, without port: IPv4 as IPv4 whatever the socket. */
  sender(i: number): string;
}

function ipv4(big: number): string {
  return `${big >>> 24}.${(big >>> 16) & 255}.${(big >>> 8) & 255}.${big & 255}`;
}

/** Lays out a row; `addressOf` gives the address of memory. */
export function createDatagramRow(
  count: number,
  entryOctets: number,
  addressOf: (memory: Uint8Array) => bigint,
): DatagramRow {
  const headers = new Uint8Array(count * HEADER_OCTETS);
  const names = new Uint8Array(count * NAME_WORDS * 4);
  const octets = Buffer.alloc(count * entryOctets);
  const vectors = new Uint8Array(count * 16);
  const words = new Uint32Array(headers.buffer);
  const nameWords = new Uint32Array(names.buffer);
  const name = new DataView(names.buffer);
  const vector = new DataView(vectors.buffer);
  const header = new DataView(headers.buffer);
  const base = { names: addressOf(names), octets: addressOf(octets), vectors: addressOf(vectors) };
  for (let i = 0; i < count; i++) {
    vector.setBigUint64(i * 16, base.octets + BigInt(i * entryOctets), true);
    vector.setBigUint64(i * 16 + 8, BigInt(entryOctets), true);
    header.setBigUint64(i * HEADER_OCTETS, base.names + BigInt(i * NAME_WORDS * 4), true);
    header.setBigUint64(i * HEADER_OCTETS + 16, base.vectors + BigInt(i * 16), true);
    header.setBigUint64(i * HEADER_OCTETS + 24, 1n, true);
  }
  const senders4 = new Map<number, string>();
  const senders6 = new Map<string, string>();

  function remember<Key>(known: Map<Key, string>, key: Key, text: string): string {
    if (known.size > SENDERS_MAX) known.clear();
    known.set(key, text);
    return text;
  }
  function sender4(at: number): string {
    const word = nameWords[at / 4]!;
    return senders4.get(word) ?? remember(senders4, word, ipv4(name.getUint32(at)));
  }

  return {
    headers,
    octets,
    memory: [names, vectors],
    prepare() {
      for (let word = NAME_LENGTH; word < words.length; word += HEADER_WORDS) words[word] = NAME_WORDS * 4;
    },
    length: (i) => words[i * HEADER_WORDS + MESSAGE_LENGTH]!,
    sender(i) {
      const at = i * NAME_WORDS * 4;
      if ((nameWords[at / 4]! & 0xffff) !== AF_INET6) return sender4(at + 4);
      const [a, b, c] = [nameWords[at / 4 + 2]!, nameWords[at / 4 + 3]!, nameWords[at / 4 + 4]!];
      if (a === 0 && b === 0 && c === MAPPED) return sender4(at + 20);
      const key = `${a} ${b} ${c} ${nameWords[at / 4 + 5]}`;
      const octets = () => [...names.subarray(at + 8, at + 24)];
      return senders6.get(key) ?? remember(senders6, key, ipaddr.fromByteArray(octets()).toString());
    },
  };
}
