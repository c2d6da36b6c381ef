import { createPostgresBackend, Queue, Worker } from 'bullmq';
import type { BulkJobOptions, Job as BullJob, PostgresConnectionOptions, PostgresQueueBackend } from 'bullmq';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { Job, JobQueues, NewJob, WorkOptions } from '#queue/queue.ts';
import { createQueuePool, toQueueFault } from './pool.ts';

export interface BullmqOptions {
  readonly databaseUrl: string;
  readonly log: Log;
  /** How many queues this process may work at once; 16 when left out. */
  readonly maxWorkers?: number;
}

type PgQueue = Queue<
  unknown,
  unknown,
  string,
  unknown,
  unknown,
  string,
  PostgresQueueBackend,
  PostgresConnectionOptions
>;

/** Enqueueing answers or fails within this. */
const ADD_TIMEOUT_MS = 3_000;

/**
 * A lock is renewed at half its time. A job whose worker died is handed out again after about two checks; a job that was
 * handed out often is not at fault for that, so it is never given up.
 */
const LOCKS = { lockDuration: 15_000, stalledInterval: 10_000, maxStalledCount: 1_000_000 };

/** With LISTEN a worker hears of new jobs at once; asking is only for the notification that got lost. */
const DRAIN_DELAY_S = 30;

const KEEP_FAILED = { count: 100, age: 7 * 86_400 };

/** How often at most the same trouble is told. */
const LOG_EVERY_MS = 30_000;

function jobOptions(job: NewJob<unknown>): BulkJobOptions {
  return {
    removeOnComplete: true,
    removeOnFail: KEEP_FAILED,
    ...(job.urgent ? { lifo: true } : {}),
    // Unlike a job id, this frees itself when the job has ended, however it ended.
    ...(job.id === undefined ? {} : { deduplication: { id: job.id } }),
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new AppError('queue_unavailable', 'The task queue does not answer in time.', { retryable: true }));
    }, ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

/** Queues in PostgreSQL by BullMQ. Opens its connections on first use. */
export function createBullmqQueues(options: BullmqOptions): JobQueues {
  const { log } = options;
  const pool = createQueuePool({ databaseUrl: options.databaseUrl, log, maxWorkers: options.maxWorkers ?? 16 });
  const queues = new Map<string, Promise<PgQueue>>();
  const workers = new Set<{ close(force?: boolean): Promise<void> }>();
  let toldAt = -Infinity;

  function complain(error: Error): void {
    if (performance.now() - toldAt < LOG_EVERY_MS) return;
    toldAt = performance.now();
    log.warn({ err: error.message }, 'the task queue has trouble');
  }

  async function open(name: string): Promise<PgQueue> {
    await pool.ready();
    const queue = new Queue<
      unknown,
      unknown,
      string,
      unknown,
      unknown,
      string,
      PostgresQueueBackend,
      PostgresConnectionOptions
    >(name, { connection: pool, streams: { events: { maxLen: 100 } } }, createPostgresBackend);
    queue.on('error', complain);
    try {
      await queue.waitUntilReady();
    } catch (error) {
      await queue.close().catch(() => undefined);
      throw toQueueFault(error);
    }
    return queue;
  }

  function queueOf(name: string): Promise<PgQueue> {
    const known = queues.get(name);
    if (known) return known;
    const opening = open(name);
    queues.set(name, opening);
    // BullMQ remembers a failed start for ever; so a queue that failed to open is opened anew.
    opening.catch(() => queues.delete(name));
    return opening;
  }

  async function addAll(name: string, jobs: readonly NewJob<unknown>[]): Promise<void> {
    const queue = await queueOf(name);
    const [only, ...more] = jobs;
    if (only === undefined) return;
    try {
      // A bulk makes temporary tables in the database; for one job that is dearer than the job.
      if (more.length === 0) await queue.add(only.name, only.data, jobOptions(only));
      else await queue.addBulk(jobs.map((job) => ({ name: job.name, data: job.data, opts: jobOptions(job) })));
    } catch (error) {
      throw toQueueFault(error);
    }
  }

  return {
    add: (name, jobs) => within(ADD_TIMEOUT_MS, addAll(name, jobs)),
    async work<Data>(name: string, how: WorkOptions, handler: (job: Job<Data>) => Promise<unknown>) {
      await pool.ready();
      const run = async (job: BullJob<Data>) => {
        await handler({ id: job.id ?? '', name: job.name, data: job.data, attempt: job.attemptsStarted });
      };
      const worker = new Worker<Data, unknown, string, PostgresQueueBackend, number, PostgresConnectionOptions>(
        name,
        run,
        {
          connection: pool,
          concurrency: how.concurrency,
          drainDelay: DRAIN_DELAY_S,
          runRetryDelay: 1_000,
          autorun: false,
          ...LOCKS,
        },
        createPostgresBackend,
      );
      worker.on('error', complain);
      try {
        await worker.waitUntilReady();
      } catch (error) {
        await worker.close(true).catch(() => undefined);
        throw toQueueFault(error);
      }
      workers.add(worker);
      worker.run().catch(complain);
      return {
        async stop(graceMs) {
          workers.delete(worker);
          const gentle = worker.close().catch(() => undefined);
          await Promise.race([gentle, new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
        },
      };
    },
    async depth(name) {
      try {
        const counts = await within(
          ADD_TIMEOUT_MS,
          queueOf(name).then((queue) => queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'failed')),
        );
        const waiting = (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0) + (counts['delayed'] ?? 0);
        return { waiting, running: counts['active'] ?? 0, failed: counts['failed'] ?? 0 };
      } catch (error) {
        throw toQueueFault(error);
      }
    },
    async close() {
      await Promise.all([...workers].map((worker) => worker.close(true).catch(() => undefined)));
      workers.clear();
      for (const opening of queues.values()) {
        const queue = await opening.catch(() => undefined);
        await queue?.close().catch(() => undefined);
      }
      queues.clear();
      await pool.close();
    },
  };
}
