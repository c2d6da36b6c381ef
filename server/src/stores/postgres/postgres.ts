import { finished } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { AppError } from '#platform/errors.ts';
import { copyOut } from './copy-out.ts';
import { describeDatabase, isConnectionFault, toDatabaseFault } from './faults.ts';
import { cancelStatement, openSession } from './session.ts';
import type { Session } from './session.ts';

export type Row = Record<string, unknown>;

export interface Result<T> {
  readonly rows: T[];
  /** Rows that the statement wrote or gave. */
  readonly rowCount: number;
}

/** Where statements go: the pool, or one transaction. `T` is the caller's word for what the statement selects. */
export interface Queryable {
  /** `name` makes the statement prepared: parsed once a connection; for statements that run all the time. */
  query<T = Row>(text: string, params?: readonly unknown[], name?: string): Promise<Result<T>>;
  /** COPY … FROM STDIN with the whole of its data in one Buffer; answers the rows copied. */
  copyIn(sql: string, data: Buffer): Promise<number>;
  /** COPY … TO STDOUT as one Buffer: for bulk reads, where parsing text would cost most. It takes no parameters. */
  copyOut(sql: string): Promise<Buffer>;
}

export interface PostgresOptions {
  readonly databaseUrl: string;
  readonly log: Log;
  /** Connections of this process at most; 10 when left out. */
  readonly maxConnections?: number;
  /** Seen in pg_stat_activity. */
  readonly applicationName?: string;
  /** 30,000 when left out. */
  readonly statementTimeoutMs?: number;
  /** How long the server may take to answer at all; 5 s more than the statement when left out. */
  readonly answerTimeoutMs?: number;
  /** 5,000 when left out. */
  readonly connectTimeoutMs?: number;
  /** Told how long a caller has waited for a connection, in seconds. */
  readonly waited?: (seconds: number) => void;
}

/**
 * PostgreSQL 15 or newer. Faults of the connection come as AppError `database_unavailable` (retryable), those of a
 * statement as `pg` gives them. int8 is a number, timestamptz a Date, json parsed.
 */
export interface Postgres extends Component, Queryable {
  /** Runs `fn` in one transaction on one connection; commits when it resolves, rolls back when it throws. */
  transaction<T>(fn: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * A connection of its own, outside the pool: for LISTEN and for session advisory locks. `patient` lifts the time
   * limits of statements: for migrations, and for waiting for a lock.
   */
  session(how?: { readonly patient?: boolean }): Promise<Session>;
  /** The same, for one caller: when it leaves, the server stops what it is doing for it, and the signal's reason is thrown. */
  abortable(signal: AbortSignal): Queryable;
  /** Gives up the connections on which somebody waits, and what they wait for: after a cut an answer may take minutes more. */
  reconnect(): void;
  /** Connections open, idle, and callers waiting for one; for `/metrics`. */
  poolState(): { total: number; idle: number; waiting: number };
  readonly databaseUrl: string;
}

const INT8 = 20;
const parseInt8 = (text: string): number => Number(text);

/** int8 as a number: ids and counts stay far below 2^53. Everything else as `pg` does it. */
export const typeParsers = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8 && format !== 'binary') return parseInt8;
    return pg.types.getTypeParser(oid, format as 'text');
  },
} as pg.CustomTypesConfig;

/** Statements on one connection. `pg` runs them one after the other. */
function onClient(client: pg.ClientBase, database: string): Queryable {
  return {
    async query<T>(text: string, params: readonly unknown[] = [], name?: string): Promise<Result<T>> {
      try {
        const result = await client.query({ text, values: params as unknown[], ...(name ? { name } : {}) });
        return { rows: result.rows as T[], rowCount: result.rowCount ?? 0 };
      } catch (error) {
        throw toDatabaseFault(error, database);
      }
    },
    async copyOut(sql) {
      try {
        return await copyOut(client, sql);
      } catch (error) {
        throw toDatabaseFault(error, database);
      }
    },
    async copyIn(sql, data) {
      try {
        const stream = client.query(copyFrom(sql));
        stream.end(data);
        await finished(stream);
        return (stream as unknown as { rowCount: number }).rowCount;
      } catch (error) {
        throw toDatabaseFault(error, database);
      }
    },
  };
}

/** Opens nothing; `start` proves that the database answers and is new enough. Usable without `start` in tests. */
export function createPostgres(options: PostgresOptions): Postgres {
  const { databaseUrl, log } = options;
  const database = describeDatabase(databaseUrl);
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000;
  const clientConfig: pg.ClientConfig = {
    connectionString: databaseUrl,
    application_name: options.applicationName ?? 'sotp',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    statement_timeout: statementTimeoutMs,
    // The server's own limit speaks first; this one is for a server that hangs or a network that swallows packets.
    query_timeout: options.answerTimeoutMs ?? statementTimeoutMs + 5_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: typeParsers,
  };
  const patientConfig = { ...clientConfig, statement_timeout: 0, query_timeout: 0 };
  const pool = new pg.Pool({ ...clientConfig, max: options.maxConnections ?? 10, idleTimeoutMillis: 30_000 });
  pool.on('error', (error) => log.warn({ err: error.message }, `an idle connection to ${database} was lost`));
  // Without a listener, losing a connection that is checked out would end the process; its query is rejected anyway.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const busy = new Set<pg.PoolClient>();
  pool.on('acquire', (client) => busy.add(client));
  pool.on('release', (_error, client) => busy.delete(client));
  pool.on('remove', (client) => busy.delete(client));

  async function connect(): Promise<pg.PoolClient> {
    const askedAt = performance.now();
    try {
      const client = await pool.connect();
      options.waited?.((performance.now() - askedAt) / 1_000);
      return client;
    } catch (error) {
      throw toDatabaseFault(error, database);
    }
  }

  async function onConnection<T>(fn: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await connect();
    try {
      const result = await fn(client);
      client.release();
      return result;
    } catch (error) {
      // A connection that is gone or hangs must not be handed out again.
      client.release(isConnectionFault(error instanceof AppError ? error.cause : error));
      throw error;
    }
  }

  async function transaction<T>(fn: (tx: Queryable) => Promise<T>): Promise<T> {
    const client = await connect();
    const tx = onClient(client, database);
    try {
      await tx.query('begin');
      const result = await fn(tx);
      await tx.query('commit');
      client.release();
      return result;
    } catch (error) {
      const lost = isConnectionFault(error instanceof AppError ? error.cause : error);
      // What cannot even roll back is thrown away: the server rolls back when the connection goes.
      const rolledBack = lost
        ? false
        : await client.query('rollback').then(
            () => true,
            () => false,
          );
      client.release(!rolledBack);
      throw error;
    }
  }

  /** Runs on one connection; aborted, it has the server cancel that connection's statement. */
  async function untilAborted<T>(signal: AbortSignal, fn: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    return onConnection(async (client) => {
      let cancelled: Promise<void> | undefined;
      const cancel = () => (cancelled ??= cancelStatement(clientConfig, database, client));
      if (signal.aborted) throw signal.reason;
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return await fn(client);
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      } finally {
        signal.removeEventListener('abort', cancel);
        // A cancel that came after its statement must not hit the next user of this connection.
        await cancelled;
      }
    });
  }

  return {
    name: 'postgres',
    databaseUrl,
    abortable: (signal) => ({
      query: (text, params, name) =>
        untilAborted(signal, (client) => onClient(client, database).query(text, params, name)),
      copyOut: (sql) => untilAborted(signal, (client) => onClient(client, database).copyOut(sql)),
      copyIn: (sql, data) => untilAborted(signal, (client) => onClient(client, database).copyIn(sql, data)),
    }),
    query: (text, params, name) => onConnection((client) => onClient(client, database).query(text, params, name)),
    copyOut: (sql) => onConnection((client) => onClient(client, database).copyOut(sql)),
    copyIn: (sql, data) => onConnection((client) => onClient(client, database).copyIn(sql, data)),
    transaction,
    session: (how) => openSession(how?.patient ? patientConfig : clientConfig, database),
    reconnect() {
      for (const client of busy) client.connection.stream.destroy();
    },
    poolState: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async start() {
      const version = await this.query<{ version: number }>(
        `select current_setting('server_version_num')::int as version`,
      );
      if ((version.rows[0]?.version ?? 0) < 150_000) {
        throw new AppError('config_invalid', `SOTP needs PostgreSQL 15 or newer; ${database} is older.`);
      }
    },
    async stop() {
      if (!pool.ended) await pool.end();
    },
  };
}
