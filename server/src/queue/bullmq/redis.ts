import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { AppError } from '#platform/errors.ts';
import type { RedisClient, RedisConnections } from '#stores/redis/redis.ts';
import type { BullDriver, BullWorker } from './driver.ts';

const RETRY_MS = 500;
const CLOSE_TIMEOUT_MS = 2_000;

/** Resolves when the connection is lost, or the signal says that nobody wants to know any more. */
function lossOf(client: RedisClient, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const events = ['close', 'end', '-node'];
    const end = () => {
      for (const event of events) client.off(event, end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    for (const event of events) client.on(event, end);
    signal.addEventListener('abort', end);
  });
}

/**
 * A worker that outlives any Redis. BullMQ's own remembers a failed start for ever, of itself as of the connection on
 * which it waits for jobs; so one is made when Redis has answered, and thrown away whenever the connection was lost.
 */
function createLastingWorker(client: RedisClient, open: () => Worker, complain: (error: Error) => void): BullWorker {
  const closing = new AbortController();
  let worker: Worker | undefined;

  async function discard(force: boolean | undefined): Promise<void> {
    const closed = Promise.resolve(worker?.close(force)).catch(() => undefined);
    if (force) await Promise.race([closed, sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    else await closed;
  }

  async function runUntilLost(): Promise<void> {
    await client.ping();
    if (closing.signal.aborted) return;
    const lost = lossOf(client, closing.signal);
    worker = open();
    worker.on('error', complain);
    await Promise.race([lost, worker.run()]);
    if (!closing.signal.aborted) await discard(true);
  }

  return {
    async run() {
      while (!closing.signal.aborted) {
        await runUntilLost().catch(complain);
        await sleep(RETRY_MS, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
      }
    },
    async close(force) {
      closing.abort();
      await discard(force);
    },
  };
}

/** BullMQ's queues in Redis, under keys that begin with our prefix. Opens its connections on first use. */
export function createRedisDriver(redis: RedisConnections): BullDriver {
  let workers: RedisClient | undefined;

  return {
    async queue(name, complain) {
      const queue = new Queue<unknown, unknown, string, unknown, unknown, string>(name, {
        connection: redis.shared(),
        prefix: redis.prefix,
        streams: { events: { maxLen: 100 } },
        skipWaitingForReady: true,
      });
      queue.on('error', complain);
      return queue;
    },
    async worker(name, how, run, complain) {
      workers ??= redis.connect('patient');
      const client = workers;
      const open = () =>
        new Worker<unknown, unknown, string>(name, run, { connection: client, prefix: redis.prefix, ...how });
      return createLastingWorker(client, open, complain);
    },
    fault(error) {
      if (error instanceof AppError) return error;
      return new AppError('queue_unavailable', `The task queue does not answer: is Redis running at ${redis.where}?`, {
        cause: error,
        retryable: true,
      });
    },
    close: async () => undefined,
  };
}
