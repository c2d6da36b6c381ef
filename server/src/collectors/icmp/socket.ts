import type { IpFamily } from '#protocols/icmp/echo.ts';

/** Takes one echo message that came in: it lies in `bytes[start, end)`, its source in `source[sourceStart, …)` as in a socket address. */
export type OnMessage = (
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Uint8Array,
  sourceStart: number,
  atMs: number,
) => void;

/** Takes one ICMP error of that type and code; `bytes[start, end)` is what it quotes of the request. */
export type OnUnreachable = (bytes: Uint8Array, start: number, end: number, type: number, code: number) => void;

/**
 * A non-blocking ICMP socket of one address family, shared by all devices. The caller fills `packets[0, n)`, names the
 * destinations with `to`, and sends all at once. Instants are milliseconds of the wall clock since the socket was
 * opened, taken by the kernel where an answer is concerned, so a busy event loop does not look like a slow network.
 */
export interface IcmpSocket {
  readonly family: IpFamily;
  /** `dgram`: unprivileged, the kernel sorts out what is ours. `raw`: needs CAP_NET_RAW. */
  readonly kind: 'dgram' | 'raw';
  /** Identifier that all its requests carry. */
  readonly id: number;
  /** Room for a batch; each entry takes a whole ICMP message. */
  readonly packets: readonly Uint8Array[];
  /** Names destination and length of message `i` of the next batch. */
  to(i: number, address: Uint8Array, length: number): void;
  /** Sends messages `[from, to)`; answers how many went, with their instants in `sentAt`. Fewer: see `errno`. */
  send(from: number, to: number, sentAt: Float64Array): number;
  /** Why the last send stopped early. */
  readonly errno: number;
  /** Hands over everything that has come in. */
  receive(onMessage: OnMessage, onUnreachable: OnUnreachable): void;
  /** Answers that the kernel threw away because its buffer was full. */
  dropped(): number;
  close(): void;
}

/** The open sockets of this machine, and how to be woken when one of them has something to read. */
export interface IcmpSockets {
  readonly v4: IcmpSocket;
  /** Absent where the machine has no IPv6. */
  readonly v6: IcmpSocket | null;
  /** Calls back whenever something waits to be received. */
  onReadable(callback: () => void): void;
  /** While true the open sockets keep the process alive. */
  hold(busy: boolean): void;
  close(): void;
}
