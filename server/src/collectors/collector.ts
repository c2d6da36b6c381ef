import type { z } from 'zod';
import type { CredentialKind, CredentialSecret } from '@sotp/contract/credentials.ts';
import type { Inventory } from '@sotp/contract/inventory.ts';
import type { SeriesKind } from '@sotp/contract/metrics.ts';
import type { ErrorCode } from '@sotp/contract/errors.ts';
import type { Log } from '#platform/log.ts';
import type { Clock } from '#platform/clock.ts';

/** What a series is, apart from its device. */
export interface SeriesSpec {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly unit: string | null;
  readonly kind: SeriesKind;
}

/**
 * The series that a poll gives, in the order of its values. Kept and handed out again as the same object for as long
 * as the shape does not change: stores know a layout by its identity, so a poll costs no look-up of series.
 * Devices of equal shape may share one: series are known by (device, layout).
 */
export interface Layout {
  readonly series: readonly SeriesSpec[];
}

/**
 * Values of one layout at one instant; NaN stands for "the device gave none this time". A plain array, all of numbers,
 * where polls are many: memory outside of the heap makes V8 collect the whole of it far too often.
 */
export interface SampleSet {
  readonly layout: Layout;
  readonly values: Float64Array | number[];
}

/** A credential of the device, decrypted, in the operator's order. Lives in memory only. */
export interface TargetCredential {
  /** Which secret of which credential (`domain/secret-ref.ts`): one that is being rotated is there twice. */
  readonly id: string;
  readonly name: string;
  readonly value: CredentialSecret;
}

/** The device as a collector sees it. The same object is handed in for as long as its configuration does not change. */
export interface Target {
  readonly deviceId: number;
  /** Address or host name as the operator gave it. */
  readonly address: string;
  readonly credentials: readonly TargetCredential[];
  /** Ids of credentials that have answered, the last one first, as far as was known when this was read. */
  readonly answered?: readonly string[];
}

/** Something that went wrong while the poll as a whole went on. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  /** The part of the device that it concerns, where that is known: for SNMP the OID below which something failed. */
  readonly part?: string;
}

export interface PollContext {
  /** Aborted at the deadline and at shutdown; a collector stops at once and throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Milliseconds that the poll may take as a whole. */
  readonly budgetMs: number;
  /** The scheduled instant, epoch ms. */
  readonly at: number;
}

/** What one poll of one device gave. */
export interface PollResult {
  /** The true instant at which the device was asked, epoch ms. */
  readonly polledAt: number;
  readonly samples: readonly SampleSet[];
  /** Only the sections that were read this time; a section that is present replaces the stored one as a whole. */
  readonly facts?: Partial<Inventory>;
  /** Sections of `facts` that a fault may have cut short: what is missing in them may still be there. */
  readonly partial?: readonly (keyof Inventory)[];
  /** True when counters start anew: the device restarted, or was exchanged, since the poll before. */
  readonly restarted: boolean;
  readonly faults: readonly Fault[];
  /** Which credential answered. */
  readonly credentialId?: string;
}

/** A short answer to "does it speak?": for the add-device dialog, `sotp probe` and discovery. */
export interface CheckResult {
  readonly ok: boolean;
  readonly credentialId: string | null;
  readonly code: ErrorCode | null;
  /** A sentence for the operator: what answered, or why not. */
  readonly message: string;
  readonly durationMs: number;
  readonly facts?: Partial<Inventory>;
}

/** A collector with its sockets open: shared by all devices of the process. */
export interface OpenCollector<Settings> {
  /**
   * Asks the device once. Throws an AppError when the device gave nothing at all (`no_answer`, `snmp_wrong_digest`, …);
   * partial trouble comes as `faults`.
   */
  poll(target: Target, settings: Settings, ctx: PollContext): Promise<PollResult>;
  /** Asks the device for as little as proves that it speaks, once per credential that fits. Never throws for a silent device. */
  check(target: Target, settings: Settings, ctx: PollContext): Promise<CheckResult[]>;
  /** Reads every fact that the collector can give, without samples: for `sotp probe`. */
  facts?(target: Target, settings: Settings, ctx: PollContext): Promise<Partial<Inventory>>;
  /** What it knows devices by beyond what SOTP brings along. */
  knowledge?(): Promise<KnowledgeReport>;
  /** Forgets what it keeps about a device (learned plan, cached keys): it is to be asked in another way, was removed, or is polled elsewhere now. */
  forget(deviceId: number): void;
  /** Counters of its own, as name -> value, for `/metrics`; names without the `sotp_` prefix. */
  metrics(): Record<string, number>;
  close(): Promise<void>;
}

export interface CollectorDeps {
  readonly log: Log;
  readonly clock: Clock;
  /** Folders of the operator's own device profiles; a collector that has none leaves them alone. */
  readonly profileFolders?: readonly string[];
}

/** The profiles that a collector has from the operator's folders, and what is wrong with them. */
export interface KnowledgeReport {
  /** When the files were last read, epoch ms. */
  readonly readAt: number;
  /** Files that SOTP brings along. */
  readonly shipped: number;
  readonly folders: readonly {
    readonly path: string;
    readonly files: number;
    readonly profiles: number;
    readonly problems: readonly FileProblem[];
    readonly notes: readonly FileProblem[];
  }[];
}

/** What is wrong at a line of a file. */
export interface FileProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/**
 * A way to ask devices. A new one is a folder with a module that exports this, and one line in `registry.ts`. Its
 * settings are a zod schema: the API serves it as JSON Schema, the web draws the form from it.
 */
export interface CollectorModule<Settings = unknown> {
  readonly name: string;
  readonly title: string;
  readonly defaultIntervalSeconds: number;
  readonly settings: z.ZodType<Settings>;
  /** Kinds of credential it can use; empty when it needs none. */
  readonly credentialKinds: readonly CredentialKind[];
  /** Opens sockets. Throws an AppError when this machine does not allow it (`icmp_not_permitted`). */
  open(deps: CollectorDeps): Promise<OpenCollector<Settings>>;
}
