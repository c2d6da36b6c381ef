import pg from 'pg';
import { toDatabaseFault } from './faults.ts';

/** One connection for as long as its owner wants it. Session advisory locks are gone the moment it is lost. */
export interface Session {
  /** Statements asked for at the same time run one after the other. */
  query<T = Record<string, unknown>>(
    text: string,
    params?: readonly unknown[],
  ): Promise<{ rows: T[]; rowCount: number }>;
  onNotification(handler: (channel: string, payload: string) => void): void;
  /** Resolves when the connection is gone, whoever closed it. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

/** Connects at once; throws `database_unavailable` when it cannot. */
export async function openSession(config: pg.ClientConfig, database: string): Promise<Session> {
  const client = new pg.Client(config);
  let ended = false;
  const lost = new Promise<void>((resolve) => {
    const end = () => {
      ended = true;
      resolve();
    };
    client.once('end', end);
    client.on('error', end);
  });
  try {
    await client.connect();
  } catch (error) {
    client.end().catch(() => undefined);
    throw toDatabaseFault(error, database);
  }
  let turn: Promise<unknown> = Promise.resolve();
  return {
    async query<T>(text: string, params: readonly unknown[] = []) {
      const running = turn.then(async () => client.query(text, params as unknown[]));
      turn = running.catch(() => undefined);
      try {
        const result = await running;
        return { rows: result.rows as T[], rowCount: result.rowCount ?? 0 };
      } catch (error) {
        throw toDatabaseFault(error, database);
      }
    },
    onNotification(handler) {
      client.on('notification', (message) => handler(message.channel, message.payload ?? ''));
    },
    lost,
    async close() {
      if (!ended) await client.end().catch(() => undefined);
    },
  };
}

/** Has the server stop what a connection is doing. One that cannot be asked ends by its statement's time limit. */
export async function cancelStatement(config: pg.ClientConfig, database: string, client: pg.ClientBase): Promise<void> {
  const { processID } = client as pg.ClientBase & { readonly processID: number };
  try {
    const session = await openSession(config, database);
    await session.query('select pg_cancel_backend($1)', [processID]);
    await session.close();
  } catch {
    // The database went away meanwhile, and the statement with it.
  }
}
