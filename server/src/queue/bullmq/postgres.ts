import { createPostgresBackend, Queue, Worker } from 'bullmq';
import type { PostgresConnectionOptions, PostgresQueueBackend } from 'bullmq';
import type { Log } from '#platform/log.ts';
import type { BullDriver, BullQueue } from './driver.ts';
import { createQueuePool, toQueueFault } from './pool.ts';

export interface PostgresDriverOptions {
  readonly databaseUrl: string;
  readonly log: Log;
  /** How many queues this process may work at once; 16 when left out. */
  readonly maxWorkers?: number;
}

/** BullMQ's queues in PostgreSQL. Opens its connections on first use. */
export function createPostgresDriver(options: PostgresDriverOptions): BullDriver {
  const { databaseUrl, log } = options;
  const pool = createQueuePool({ databaseUrl, log, maxWorkers: options.maxWorkers ?? 16 });

  return {
    async queue(name, complain): Promise<BullQueue> {
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
        throw error;
      }
      return queue;
    },
    async worker(name, how, run, complain) {
      await pool.ready();
      const worker = new Worker<unknown, unknown, string, PostgresQueueBackend, number, PostgresConnectionOptions>(
        name,
        run,
        { connection: pool, ...how },
        createPostgresBackend,
      );
      worker.on('error', complain);
      try {
        await worker.waitUntilReady();
      } catch (error) {
        await worker.close(true).catch(() => undefined);
        throw error;
      }
      return worker;
    },
    fault: toQueueFault,
    close: () => pool.close(),
  };
}
