import type { MessageHead } from '#protocols/snmp/head.ts';

/** What carries messages to a device. */
export type Protocol = 'udp' | 'tcp';

/** Where a device listens: a numeric address, never a name. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** UDP when left out. */
  readonly protocol?: Protocol;
}

/** Why a datagram was not taken as the answer to anything. */
export const DROP_REASONS = [
  /** No SNMP message, or one whose content does not decode. */
  'malformed',
  /** An id that was never given out, or so long ago that nobody remembers. */
  'unknown_id',
  /** The right id from another address or port than the request went to. */
  'source',
  /** A request that has been given up. */
  'late',
  /** A request that has been answered. */
  'duplicate',
  /** Another SNMP version than the request's. */
  'version',
  /** Another community than the request's. */
  'community',
  /** Not a response. */
  'pdu_type',
  /** A response to something else than was asked. */
  'content',
  /** A v3 message that does not pass the security that the request asked for. */
  'security',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** What is made of a datagram: null takes it as the answer; `hold` gives the true answer only a little longer to come. */
export type Verdict = DropReason | 'hold' | null;

/** One request and what it waits for. While it is in flight the transport owns it. */
export interface Exchange {
  readonly endpoint: Endpoint;
  /** Aborting gives the request up within one tick. */
  readonly signal: AbortSignal;
  /** How often the request is sent at most. */
  readonly tries: number;
  /** True once the device has answered: then a request that cannot be sent is told of at its second try, not at once. */
  readonly hasAnswered: boolean;
  /** How long to wait after the given try (0 is the first). */
  timeoutMs(attempt: number): number;
  /** Makes the message with that id, in `scratch` where it fits; the same octets go out at every try. */
  render(id: number, scratch: Buffer): Buffer;
  /** Looks at a datagram with the right id from the right place: `head` says where it lies. Valid during the call. */
  accept(memory: Buffer, head: MessageHead): Verdict;
  /** Told once how it ended, and may start the next exchange at once. A call and no promise: there are thousands a second. */
  ended(outcome: Outcome): void;
  /** Told instead why it could not be sent (`no_route`), or the reason of the signal or of the end of the transport. */
  failed(reason: unknown): void;
}

/** How an exchange ended. */
export interface Outcome {
  readonly answered: boolean;
  /** From the last try to the answer; 0 when none came. */
  readonly rttMs: number;
  /** When the device looked, as well as can be known: half-way between the last try and the answer, monotonic ms. */
  readonly atMs: number;
  /** Tries that were sent. */
  readonly attempts: number;
  /** The last datagram that bore the request's id and was not taken, if any. */
  readonly dropped: DropReason | null;
  /** Where a datagram with the request's id came from, when that was elsewhere. */
  readonly strangerAddress: string | null;
}

/** Counts since start; `dropped` by reason. */
export interface TransportCounters {
  sent: number;
  sentOctets: number;
  retried: number;
  timedOut: number;
  received: number;
  receivedOctets: number;
  accepted: number;
  readonly dropped: Record<DropReason, number>;
  /** Datagrams that the kernel dropped for want of room, where it says so; as of the last `askKernel`. */
  kernelDropped: number;
}

/** Sends requests of all devices over few UDP sockets, or a TCP connection each, and finds the answers. */
export interface SnmpTransport {
  readonly kind: string;
  /** Most requests that wait for an answer at once, those left out that have waited long; more wait in line. */
  readonly window: number;
  readonly counters: TransportCounters;
  /** Brings `kernelDropped` up to date. */
  askKernel(): void;
  /** Sends, now or when its turn comes, and tells the exchange how it ended; silence is an outcome, not an error. */
  exchange(exchange: Exchange): void;
  close(): Promise<void>;
}
