import type { Inventory } from '@sotp/contract/inventory.ts';
import type { CollectorRun } from '#stores/devices/devices.ts';
import type { PollRow } from '#stores/metrics/metrics.ts';
import type { Spool } from '#services/spool/spool.ts';

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
  readonly partial?: readonly string[] | undefined;
  /** The system section is here for nothing but how long the device has been up. */
  readonly onlyUptime?: boolean | undefined;
}

/** What polls of a quarter of a second gave; stored together, exactly once. */
export interface Batch {
  readonly rows: readonly PollRow[];
  readonly runs: readonly RunRecord[];
  readonly facts: readonly FactsRecord[];
  /**
   * Set when this was polled while the leases could not be renewed: the partitions and their terms then. If somebody
   * else has taken a partition over since, he polled the same slots, and ours are left out.
   */
  readonly unleased?: readonly { readonly partition: number; readonly term: number }[];
  /** What it is a part of: see `Tracing.here`. */
  readonly trace?: string;
}

/** How batches are stored as one: not what stands alone, nor readings, which tell how samples after them are labelled. */
export const JOINED_BATCHES = {
  /** Samples are in the store so much later at most than their batch is made, while the store keeps up. */
  everyMs: 1_000,
  fits: ({ facts, unleased, trace }: Batch): boolean =>
    unleased === undefined && trace === undefined && facts.every(({ onlyUptime }) => onlyUptime === true),
  join: (batches: readonly Batch[]): Batch => ({
    rows: batches.flatMap(({ rows }) => rows),
    runs: batches.flatMap(({ runs }) => runs),
    facts: batches.flatMap(({ facts }) => facts),
  }),
};

/** The spool of what polls gave. */
export type SampleSpool = Spool<Batch>;
