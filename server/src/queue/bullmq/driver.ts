import type { BulkJobOptions, Job as BullJob } from 'bullmq';

/** What we use of BullMQ's Queue, whatever it is kept in. */
export interface BullQueue {
  add(name: string, data: unknown, options?: BulkJobOptions): Promise<unknown>;
  addBulk(jobs: { name: string; data: unknown; opts?: BulkJobOptions }[]): Promise<unknown>;
  getJobCounts(
    ...types: ('waiting' | 'prioritized' | 'delayed' | 'active' | 'failed')[]
  ): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** What we use of BullMQ's Worker. */
export interface BullWorker {
  run(): Promise<void>;
  close(force?: boolean): Promise<void>;
}

export interface BullWorkerOptions {
  readonly concurrency: number;
  readonly drainDelay: number;
  readonly runRetryDelay: number;
  readonly autorun: false;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
}

/** Where BullMQ keeps its queues. */
export interface BullDriver {
  /** Opens a queue and proves that it answers; throws what `fault` understands. */
  queue(name: string, complain: (error: Error) => void): Promise<BullQueue>;
  worker(
    name: string,
    options: BullWorkerOptions,
    run: (job: BullJob) => Promise<void>,
    complain: (error: Error) => void,
  ): Promise<BullWorker>;
  /** Any thrown fault as the one error that callers know: `queue_unavailable`. */
  fault(error: unknown): unknown;
  close(): Promise<void>;
}
