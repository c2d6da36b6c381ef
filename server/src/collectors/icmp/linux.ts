import type { IpFamily } from '#protocols/icmp/echo.ts';

// Numbers and structures of 64-bit little-endian Linux, equal on x86-64 and arm64. No pointer is followed here.

export const AF = { 4: 2, 6: 10 } as const;
export const PROTOCOL = { 4: 1, 6: 58 } as const;
export const SOCK = { dgram: 2, raw: 3 } as const;
export const SOCK_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_ATTACH_FILTER = 26;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;
export const SO_RXQ_OVFL = 40;
/** Level and option IP_RECVERR or IPV6_RECVERR; both also name the control message that carries the error. */
export const RECVERR = { 4: [0, 11], 6: [41, 25] } as const;
export const MSG_DONTWAIT = 0x40;
export const MSG_ERRQUEUE = 0x2000;
export const CLOCK_REALTIME = 0;
export const EPERM = 1;
export const EACCES = 13;
export const EPOLLIN = 1;
export const EPOLL_CLOEXEC = 0x80000;
export const EPOLL_CTL_ADD = 1;
/** Origins of `struct sock_extended_err` that stand for a message from the network. */
export const SO_EE_ORIGIN_ICMP = 2;
export const SO_EE_ORIGIN_ICMP6 = 3;

/** Room for one packet, and for the control messages that come with it. */
export const PACKET_SIZE = 2048;
export const CONTROL_SIZE = 256;

/** `sizeof(struct mmsghdr)`, and its fields as indexes of 32-bit words. */
export const HEADER_SIZE = 64;
const HEADER_WORDS = HEADER_SIZE / 4;
const NAME_LENGTH = 2;
const CONTROL_LENGTH = 10;
const MESSAGE_LENGTH = 14;

/** A row of `struct mmsghdr`, each with an address, one packet and room for control messages. */
export interface MessageRing {
  readonly headers: Uint8Array;
  readonly names: Uint8Array;
  readonly packets: Uint8Array;
  readonly controls: Uint32Array;
  /** Makes all headers ready to receive: the kernel shortens the lengths that it is given. */
  prepare(): void;
  /** Sets the length of the packet that goes out as message `i`, with no control messages. */
  setLength(i: number, length: number): void;
  /** Octets received as message `i`. */
  length(i: number): number;
  /** Calls `each` with level, type and the word at which the data begins, for each control message of message `i`. */
  control(i: number, each: (level: number, type: number, word: number) => void): void;
}

/** Lays out a ring; `addressOf` gives the address of memory, which must not move while the ring is in use. */
export function createMessageRing(
  count: number,
  nameLength: number,
  addressOf: (memory: Uint8Array | Uint32Array) => bigint,
): MessageRing {
  const headers = new Uint8Array(count * HEADER_SIZE);
  const names = new Uint8Array(count * nameLength);
  const packets = new Uint8Array(count * PACKET_SIZE);
  const controls = new Uint32Array((count * CONTROL_SIZE) / 4);
  const vectors = new Uint8Array(count * 16);
  const headerWords = new Uint32Array(headers.buffer);
  const vectorWords = new Uint32Array(vectors.buffer);
  const header = new DataView(headers.buffer);
  const vector = new DataView(vectors.buffer);
  const [nameAt, packetAt, controlAt, vectorAt] = [names, packets, controls, vectors].map(addressOf);
  for (let i = 0; i < count; i++) {
    const at = (base: bigint | undefined, size: number): bigint => (base ?? 0n) + BigInt(i * size);
    vector.setBigUint64(i * 16, at(packetAt, PACKET_SIZE), true);
    vector.setBigUint64(i * 16 + 8, BigInt(PACKET_SIZE), true);
    header.setBigUint64(i * HEADER_SIZE, at(nameAt, nameLength), true);
    header.setUint32(i * HEADER_SIZE + 8, nameLength, true);
    header.setBigUint64(i * HEADER_SIZE + 16, at(vectorAt, 16), true);
    header.setBigUint64(i * HEADER_SIZE + 24, 1n, true);
    header.setBigUint64(i * HEADER_SIZE + 32, at(controlAt, CONTROL_SIZE), true);
  }
  return {
    headers,
    names,
    packets,
    controls,
    prepare() {
      for (let word = 0; word < headerWords.length; word += HEADER_WORDS) {
        headerWords[word + NAME_LENGTH] = nameLength;
        headerWords[word + CONTROL_LENGTH] = CONTROL_SIZE;
      }
    },
    setLength(i, length) {
      vectorWords[i * 4 + 2] = Math.min(length, PACKET_SIZE);
      headerWords[i * HEADER_WORDS + CONTROL_LENGTH] = 0;
    },
    length: (i) => Math.min(headerWords[i * HEADER_WORDS + MESSAGE_LENGTH] ?? 0, PACKET_SIZE),
    control(i, each) {
      let word = (i * CONTROL_SIZE) / 4;
      const filled = Math.min(headerWords[i * HEADER_WORDS + CONTROL_LENGTH] ?? 0, CONTROL_SIZE);
      const end = word + Math.floor(filled / 4);
      while (word + 4 <= end) {
        const length = controls[word] ?? 0;
        if (length < 16 || word + length / 4 > end) return;
        each(controls[word + 2] ?? 0, controls[word + 3] ?? 0, word + 4);
        word += ((length + 7) & ~7) / 4;
      }
    },
  };
}

/**
 * A raw socket hears all ICMP of the machine. This classic BPF program keeps what is an echo reply with the
 * identifier `id`; `struct sock_filter` after `struct sock_filter`.
 */
export function echoReplyFilter(family: IpFamily, id: number): Uint8Array {
  const program: readonly [code: number, jt: number, jf: number, k: number][] = [
    // X = length of the IPv4 header; a raw ICMPv6 socket is shown no IPv6 header.
    family === 4 ? [0xb1, 0, 0, 0] : [0x01, 0, 0, 0],
    [0x50, 0, 0, 0], // A = octet at X: the type
    [0x15, 0, 3, family === 4 ? 0 : 129], // no echo reply: drop
    [0x48, 0, 0, 4], // A = 16 bits at X + 4: the identifier
    [0x15, 0, 1, id], // not ours: drop
    [0x06, 0, 0, 0xffff], // keep
    [0x06, 0, 0, 0], // drop
  ];
  const code = new Uint8Array(program.length * 8);
  const view = new DataView(code.buffer);
  program.forEach(([op, jt, jf, k], i) => {
    view.setUint16(i * 8, op, true);
    view.setUint8(i * 8 + 2, jt);
    view.setUint8(i * 8 + 3, jf);
    view.setUint32(i * 8 + 4, k, true);
  });
  return code;
}
