import type { BulkJobOptions, Job as BullJob } from 'bullmq';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { Job, JobQueues, NewJob, WorkOptions } from '#queue/queue.ts';
import type { BullDriver, BullQueue, BullWorker } from './driver.ts';

export interface BullmqOptions {
  /** Where the queues are kept. */
  readonly driver: BullDriver;
  readonly log: Log;
}

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

/** Queues by BullMQ, in PostgreSQL or Redis. Opens its connections on first use. */
export function createBullmqQueues({ driver, log }: BullmqOptions): JobQueues {
  const queues = new Map<string, Promise<BullQueue>>();
  const workers = new Set<BullWorker>();
  let toldAt = -Infinity;

  function complain(error: Error): void {
    if (performance.now() - toldAt < LOG_EVERY_MS) return;
    toldAt = performance.now();
    log.warn({ err: error.message }, 'the task queue has trouble');
  }

  function queueOf(name: string): Promise<BullQueue> {
    const known = queues.get(name);
    if (known) return known;
    const opening = driver.queue(name, complain);
    queues.set(name, opening);
    // BullMQ remembers a failed start for ever; so a queue that failed to open is opened anew.
    opening.catch(() => queues.delete(name));
    return opening;
  }

  async function addAll(name: string, jobs: readonly NewJob<unknown>[]): Promise<void> {
    const [only, ...more] = jobs;
    if (only === undefined) return;
    try {
      const queue = await queueOf(name);
      // A bulk makes temporary tables in the database; for one job that is dearer than the job.
      if (more.length === 0) await queue.add(only.name, only.data, jobOptions(only));
      else await queue.addBulk(jobs.map((job) => ({ name: job.name, data: job.data, opts: jobOptions(job) })));
    } catch (error) {
      throw driver.fault(error);
    }
  }

  return {
    add: (name, jobs) => within(ADD_TIMEOUT_MS, addAll(name, jobs)),
    async work<Data>(name: string, how: WorkOptions, handler: (job: Job<Data>) => Promise<unknown>) {
      const run = async (job: BullJob) => {
        await handler({ id: job.id ?? '', name: job.name, data: job.data as Data, attempt: job.attemptsStarted });
      };
      const settings = {
        concurrency: how.concurrency,
        drainDelay: DRAIN_DELAY_S,
        runRetryDelay: 1_000,
        autorun: false,
        ...LOCKS,
      } as const;
      let worker: BullWorker;
      try {
        worker = await driver.worker(name, settings, run, complain);
      } catch (error) {
        throw driver.fault(error);
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
        throw driver.fault(error);
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
      await driver.close();
    },
  };
}
