import { runMigrations } from 'bullmq';
import pg from 'pg';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import { describeDatabase, isConnectionFault } from '#stores/postgres/faults.ts';

/** BullMQ's tables live in a schema of their own; its back end knows a handed pool only under this name. */
const SCHEMA = 'bullmq';

export interface QueuePoolOptions {
  readonly databaseUrl: string;
  readonly log: Log;
  /** How many queues this process works at most: each keeps one connection for LISTEN. */
  readonly maxWorkers: number;
}

/**
 * What BullMQ is given as its connection: a pool whose sessions see the queue's schema, and whose connection faults
 * look like what BullMQ waits and retries for. (It takes the end of a PostgreSQL connection for an error of the
 * statement, and would ask again at once, for ever.)
 */
export interface QueuePool {
  connect(): Promise<pg.PoolClient>;
  query(text: string, params?: readonly unknown[]): Promise<pg.QueryResult>;
  end(): Promise<void>;
  on(): QueuePool;
  removeAllListeners(): QueuePool;
  readonly options: { readonly keepAlive: true };
  /** Proves that the database answers and brings the queue's schema up to date, once; throws `queue_unavailable`. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Any thrown fault of the queue's database as the one error that callers know. */
export function toQueueFault(error: unknown): unknown {
  if (error instanceof AppError) return error;
  return new AppError('queue_unavailable', 'The task queue does not answer: is the database running?', {
    cause: error,
    retryable: true,
  });
}

function asBullmqKnowsIt(error: unknown): unknown {
  if (!isConnectionFault(error)) return error;
  return Object.assign(new Error('ECONNREFUSED: the queue database is away', { cause: error }), {
    code: 'ECONNREFUSED',
  });
}

/** Opens nothing until it is used. */
export function createQueuePool(options: QueuePoolOptions): QueuePool {
  const { databaseUrl, log } = options;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'sotp queue',
    // A lost job of polls costs one poll; waiting for the disk at every step would cost more than polling.
    options: `-c search_path=${SCHEMA} -c synchronous_commit=off`,
    max: options.maxWorkers + 4,
    connectionTimeoutMillis: 2_000,
    statement_timeout: 5_000,
    query_timeout: 6_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idleTimeoutMillis: 30_000,
  });
  pool.on('error', () => log.debug(`an idle queue connection to ${describeDatabase(databaseUrl)} was lost`));
  pool.on('connect', (client) => client.on('error', () => undefined));
  let migrated: Promise<void> | undefined;

  async function migrate(): Promise<void> {
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await runMigrations(client, SCHEMA);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  const facade: QueuePool = {
    async connect() {
      try {
        return await pool.connect();
      } catch (error) {
        throw asBullmqKnowsIt(error);
      }
    },
    async query(text, params) {
      try {
        return await pool.query(text, params as unknown[]);
      } catch (error) {
        throw asBullmqKnowsIt(error);
      }
    },
    end: async () => undefined,
    on: () => facade,
    removeAllListeners: () => facade,
    options: { keepAlive: true },
    async ready() {
      migrated ??= migrate();
      try {
        await migrated;
      } catch (error) {
        migrated = undefined;
        throw toQueueFault(error);
      }
    },
    async close() {
      if (!pool.ended) await pool.end();
    },
  };
  return facade;
}
