import type { BatchOrigin } from '#domain/batch-origin.ts';
import type { Layout } from '#stores/metrics/metrics.ts';

/**
 * Stores a batch. Throws a retryable error when the store is away; called again then, with the same origin, until it
 * succeeds.
 */
export type Deliver<B> = (batch: B, origin: BatchOrigin) => Promise<void>;

/**
 * What stands between receiving and the store: takes batches at once, whatever the store does, and delivers them oldest
 * first. Bounded; what it must drop it counts.
 */
export interface Spool<B> {
  /** Resolves when the batch would outlive this process, as far as this spool can promise that. */
  append(batch: B): Promise<void>;
  /** Resolves when all that was appended so far is delivered, or safe on disk. */
  flush(): Promise<void>;
  /** As flush, but rejects with `disk_full` when the disk does not take it. */
  sync(): Promise<void>;
  /** Batches that wait. */
  readonly backlog: number;
  /** How much of what may wait does wait: 1 is full. */
  readonly load: number;
  /** Starts delivering. */
  start(deliver: Deliver<B>): Promise<void>;
  stop(): Promise<void>;
  counters(): Record<string, number>;
}

/** Batches as bytes. Layouts, which many batches share, are written once beside them and are numbers in the bytes. */
export interface BatchCodec<B> {
  /** How many samples or lines it holds: what is lost when it is dropped. */
  count(batch: B): number;
  encode(batch: B, idOf: (layout: Layout) => number): Buffer;
  /** Throws `internal` when the bytes are not a batch, or name a layout that is not there. */
  decode(bytes: Buffer, layoutOf: (id: number) => Layout | undefined): B;
}
