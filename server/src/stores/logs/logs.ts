import type { BatchOrigin } from '#domain/batch-origin.ts';
import type { LogFilter } from '#domain/log-filter.ts';

export type LineSource = 'syslog' | 'trap' | 'ssh' | 'system';

/** A line to be kept. What it does not say is empty. */
export interface NewLine {
  readonly source: LineSource;
  /** When it came in, epoch ms: the time by which lines are kept, found and ordered. */
  readonly receivedAt: number;
  /** The sender's own time, epoch ms; NaN when it named none. */
  readonly at: number;
  /** 0: no device that we know. */
  readonly deviceId: number;
  readonly sender: string;
  readonly facility: number;
  readonly severity: number;
  readonly host: string;
  readonly app: string;
  readonly procId: string;
  readonly msgId: string;
  readonly fields: Readonly<Record<string, string>> | null;
  readonly parseError: string;
  readonly truncated: boolean;
  /** Where in the line's text the message proper begins. */
  readonly body: number;
  /** The bytes as they came. */
  readonly raw: Buffer;
}

/** A line that was kept. */
export interface FoundLine extends NewLine {
  readonly id: string;
  readonly text: string;
}

/** Lines made ready for the store: bytes that can wait anywhere until the store takes them. */
export interface PackedLines {
  /** True for lines of the canary, which nobody counts. */
  readonly canary: boolean;
  readonly lines: number;
  readonly bytes: number;
}

/** Packs lines as they come, so that none of them need be kept until the others are there. */
export interface Packer<Packed extends PackedLines = PackedLines> {
  /** What has been added and not taken, and the bytes of those lines as they came. */
  readonly lines: number;
  readonly bytes: number;
  add(line: NewLine): void;
  take(): Packed[];
}

export interface LineQuery {
  readonly filter: LogFilter;
  /** Received at or after, and before; epoch ms. */
  readonly from: number;
  readonly to: number;
  /** `backward`: newest first. */
  readonly direction: 'backward' | 'forward';
  readonly limit: number;
  /** Goes on behind the line, or the instant, at which an answer ended. */
  readonly after?: LinePlace | undefined;
}

/** A place in the order of lines. */
export interface LinePlace {
  readonly receivedAt: number;
  /** Tells lines of one millisecond apart. */
  readonly number: number;
}

export interface LineAnswer {
  readonly lines: readonly FoundLine[];
  /** Where to go on; undefined when all has been looked through. A long search may stop with few lines, or none. */
  readonly next: LinePlace | undefined;
}

export interface HistogramQuery {
  readonly filter: LogFilter;
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

export interface HistogramAnswer {
  /** Start of each step that has lines, epoch ms, with the count of each of the eight severities; ascending. */
  readonly steps: readonly { readonly at: number; readonly counts: readonly number[] }[];
  /** Before this instant nothing was counted, because it would have taken too long; `from` when all was. */
  readonly countedFrom: number;
}

/** What a day of one class of lines takes on disk. */
export interface LogUsage {
  readonly class: string;
  /** Start of the UTC day, epoch ms. */
  readonly day: number;
  readonly bytes: number;
  /** Null where the back end does not tell. */
  readonly lines: number | null;
}

/**
 * Where lines are kept. Lines of the canary (`isCanaryLine`) are kept for an hour or two, where the back end decides that, and found only by who
 * asks for `app:sotp-canary`. Packing is pure and separate from writing, so that what was packed once can be written again
 * after a failure: the same packed lines are stored once, however often they are written.
 */
export interface LogStore<Packed extends PackedLines = PackedLines> {
  packer(): Packer<Packed>;
  pack(lines: readonly NewLine[]): Packed[];
  /** Packed lines as bytes that outlive this process, and back. `decode` throws `internal` for bytes that are none. */
  encode(packed: readonly Packed[]): Buffer;
  decode(bytes: Buffer): Packed[];
  /**
   * Stores all of it, and the origin with it: an origin that is there already is not stored again. Answers how many
   * lines it refuses for good. Throws a retryable error when the store is away.
   */
  write(packed: readonly Packed[], origin?: BatchOrigin): Promise<number>;
  search(query: LineQuery, signal?: AbortSignal): Promise<LineAnswer>;
  histogram(query: HistogramQuery, signal?: AbortSignal): Promise<HistogramAnswer>;
  usage(): Promise<LogUsage[]>;
  /** Makes room ahead, drops what is past its time, packs tighter; called every few minutes by one process. */
  maintain(now: number): Promise<void>;
}

/** Days for which lines are kept, by class of severity. */
export interface LogRetention {
  /** emergency to error */
  readonly errorDays: number;
  /** warning and notice */
  readonly noticeDays: number;
  readonly infoDays: number;
  readonly debugDays: number;
}

/** What lines are matched to devices by. */
export interface DirectoryEntry {
  readonly deviceId: number;
  readonly name: string;
  /** Address or host name as the operator gave it. */
  readonly address: string;
  readonly site: string | null;
  readonly sysName: string | null;
  /** The id of its SNMP engine, in hexadecimal digits. */
  readonly engineId: string | null;
  /** The addresses of its interfaces, as far as they are known. */
  readonly addresses: readonly string[];
}

/** Lines of one sender that is no device. */
export interface SenderNote {
  readonly address: string;
  readonly host: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly lines: number;
  readonly worstSeverity: number;
}

/** Who sends lines: the devices as far as matching needs them, and those who are none yet. */
export interface SenderStore {
  directory(): Promise<DirectoryEntry[]>;
  /** Adds counts to what is known of each sender. */
  note(seen: readonly SenderNote[]): Promise<void>;
  /** Latest first. */
  list(limit: number): Promise<SenderNote[]>;
  /** Forgets senders that have been silent since. */
  prune(before: number): Promise<void>;
}

export interface NewCountedQuery {
  readonly name: string;
  readonly query: string;
  /** An alert fires when more lines than this of one device match within five minutes; null: none does. */
  readonly alertAbove: number | null;
}

export interface StoredCountedQuery extends NewCountedQuery {
  readonly id: number;
}

/** Queries whose matching lines are counted. Names are unique: `conflict` when one is taken. */
export interface CountedQueryStore {
  /** By name. */
  list(): Promise<StoredCountedQuery[]>;
  create(query: NewCountedQuery): Promise<StoredCountedQuery>;
  /** Undefined when there is none. */
  update(id: number, change: Partial<NewCountedQuery>): Promise<StoredCountedQuery | undefined>;
  remove(id: number): Promise<boolean>;
}
