import type { Inventory } from '@sotp/contract/inventory.ts';
import type { CollectorRun } from '#stores/devices/devices.ts';
import type { BatchOrigin, PollRow } from '#stores/metrics/metrics.ts';

/** A run with the collectors that its device had then. */
export interface RunRecord {
  readonly deviceId: number;
  readonly collectors: readonly { readonly name: string; readonly intervalSeconds: number }[];
  readonly run: CollectorRun;
}

export interface FactsRecord {
  readonly deviceId: number;
  readonly at: number;
  readonly facts: Partial<Inventory>;
  /** Sections that a fault has cut short. */
  readonly partial?: readonly string[];
}

/** What polls of half a second gave; stored together, exactly once. */
export interface Batch {
  readonly rows: readonly PollRow[];
  readonly runs: readonly RunRecord[];
  readonly facts: readonly FactsRecord[];
  /**
   * Set when this was polled while the leases could not be renewed: the partitions and their terms then. If somebody
   * else has taken a partition over since, he polled the same slots, and ours are left out.
   */
  readonly unleased?: readonly { readonly partition: number; readonly term: number }[];
}

/**
 * Stores a batch. Throws a retryable error when the store is away; called again then, with the same origin, until it
 * succeeds.
 */
export type Deliver = (batch: Batch, origin: BatchOrigin) => Promise<void>;

/**
 * What stands between polls and the store: takes batches at once, whatever the store does, and delivers them oldest
 * first. Bounded; what it must drop it counts.
 */
export interface Spool {
  /** Resolves when the batch would outlive this process, as far as this spool can promise that. */
  append(batch: Batch): Promise<void>;
  /** Resolves when all that was appended so far is delivered, or safe on disk. */
  flush(): Promise<void>;
  /** Batches that wait. */
  readonly backlog: number;
  /** Starts delivering. */
  start(deliver: Deliver): Promise<void>;
  stop(): Promise<void>;
  counters(): Record<string, number>;
}
