import type { CollectorRun } from '#stores/devices/devices.ts';
import type { PollResult } from '#collectors/collector.ts';

/** One poll as the runner saw it: its result, or the error in `run`. */
export interface PollOutcome {
  readonly deviceId: number;
  /** The device's collectors with their intervals, for the status and how long it holds. */
  readonly collectors: readonly { readonly name: string; readonly intervalSeconds: number }[];
  readonly run: CollectorRun;
  readonly result: PollResult | null;
}

/**
 * Takes outcomes from runners and makes them durable: samples to the metric store, facts and state to the device
 * store, news to the bus. Batches by size and time; never blocks a poll, and keeps what the database cannot take now.
 */
export interface Ingest {
  record(outcome: PollOutcome): void;
  /** Resolves when all that was recorded so far is durable or given to the spool. */
  flush(): Promise<void>;
}
