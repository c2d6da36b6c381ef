import type { SnmpV3Secret } from '@sotp/contract/credentials.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';

/** What a line says, whatever it came by. What it does not say is empty. */
export interface LineContent {
  /** The whole line as text. */
  readonly text: string;
  /** Where in `text` the message proper begins. */
  readonly body: number;
  readonly facility: number;
  /** RFC 5424 number. */
  readonly severity: number;
  /** The sender's own instant, epoch ms; NaN when it names none. */
  readonly at: number;
  readonly host: string;
  readonly app: string;
  readonly procId: string;
  readonly msgId: string;
  readonly fields: Readonly<Record<string, string>> | null;
  /** Why the line could not be read as it should; empty when it could. */
  readonly parseError: string;
}

/** What a line says of its device besides the address it came from. */
export interface LineOrigin {
  /** The agent for which somebody else sent it on. */
  readonly agentAddress?: string | undefined;
  /** The SNMP engine of the device, in hexadecimal digits. */
  readonly engineId?: string | undefined;
}

/** One line as it came in. */
export interface ReceivedLine {
  readonly source: 'syslog' | 'trap';
  /** Epoch ms. */
  readonly receivedAt: number;
  /** The address it came from, without port. */
  readonly sender: string;
  /** Who sent it in truth, where that is somebody else or can be told better. */
  readonly origin?: LineOrigin | undefined;
  /** True when its device is to be polled at once, because of what it says. */
  readonly pollSoon?: boolean;
  /** The bytes as they came; they do not change any more. */
  readonly raw: Buffer;
  /** True when the line was longer than a line may be, and its end is missing. */
  readonly truncated: boolean;
  readonly content: LineContent;
}

/** Where listeners put what they receive. */
export interface LineSink {
  /** False: no room, the line was not taken, and whoever received it counts it as dropped. */
  take(line: ReceivedLine): boolean;
  /** True when room runs out: whoever can hold his senders back does so until `whenRoom`. */
  readonly full: boolean;
  whenRoom(): Promise<void>;
  /**
   * Resolves when all lines that were taken so far are on stable storage and will be stored, whatever dies; rejects when
   * the disk does not take them. For those who may tell the sender so.
   */
  durable(): Promise<void>;
}

export interface ListenerDeps {
  readonly sink: LineSink;
  readonly log: Log;
  readonly clock: Clock;
}

/** Something that waits for senders. `collector.ts` is the other shape: something that asks. */
export interface Listener {
  readonly name: string;
  /** What it listens on, for people: `UDP port 5514`. */
  readonly where: string;
  /** Opens its socket. Throws `port_in_use` with the remedy; tried again later. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Counters as name -> value, for `/metrics`; names without the `sotp_` prefix. */
  metrics(): Record<string, number>;
}

/** Of whom notifications are taken. Both are exchanged as a whole when credentials change. */
export interface AcceptedCredentials {
  readonly communities: ReadonlySet<string>;
  readonly users: readonly SnmpV3Secret[];
}
