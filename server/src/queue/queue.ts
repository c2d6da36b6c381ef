/** A job as its worker sees it. */
export interface Job<Data> {
  readonly id: string;
  readonly name: string;
  readonly data: Data;
  /** 1 for the first try. */
  readonly attempt: number;
}

export interface NewJob<Data> {
  /** Says what the job is, for people; not unique. */
  readonly name: string;
  readonly data: Data;
  /** A job of the same id that is still waiting or running is not added twice. */
  readonly id?: string;
  /** Ahead of routine jobs. */
  readonly urgent?: boolean;
}

export interface WorkOptions {
  /** Jobs of this queue that may run at once in this process. */
  readonly concurrency: number;
}

/** How deep a queue is. */
export interface QueueDepth {
  readonly waiting: number;
  readonly running: number;
  readonly failed: number;
}

/** Stops taking jobs; resolves when those that run have ended, or after `graceMs`. */
export interface WorkHandle {
  stop(graceMs: number): Promise<void>;
}

/**
 * Named queues whose jobs survive every process. At least once: a job whose worker died is handed out again, so a
 * handler must be able to see that its work is already done or too late.
 */
export interface JobQueues {
  /** Adds jobs in one round trip. Throws `queue_unavailable` (retryable) at once when the back end is away. */
  add<Data>(queue: string, jobs: readonly NewJob<Data>[]): Promise<void>;
  work<Data>(queue: string, options: WorkOptions, handler: (job: Job<Data>) => Promise<unknown>): Promise<WorkHandle>;
  depth(queue: string): Promise<QueueDepth>;
  close(): Promise<void>;
}
