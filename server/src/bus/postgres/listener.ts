import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '#platform/log.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { Session } from '#stores/postgres/session.ts';

export interface Listener {
  /** Resolves when notifications of the channel arrive from now on. */
  listen(channel: string): Promise<void>;
  unlisten(channel: string): Promise<void>;
  close(): Promise<void>;
}

const RECONNECT_MS = [100, 500, 1_000, 2_000, 5_000];

export interface ListenerDeps {
  readonly pg: Postgres;
  readonly log: Log;
  onPayload(payload: string): void;
  /** The connection was lost and is back: what came meanwhile is missed. */
  onGap(): void;
}

/** One connection that LISTENs, opened with the first channel and opened again whenever it is lost. */
export function createListener({ pg, log, onPayload, onGap }: ListenerDeps): Listener {
  const channels = new Set<string>();
  const closing = new AbortController();
  let session: Promise<Session> | undefined;

  async function connect(): Promise<Session> {
    const opened = await pg.session();
    opened.onNotification((_channel, payload) => onPayload(payload));
    for (const channel of channels) await opened.query(`listen ${channel}`);
    void opened.lost.then(reconnect);
    if (closing.signal.aborted) await opened.close();
    return opened;
  }

  async function reconnect(): Promise<void> {
    session = undefined;
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        // Someone who wanted another channel may have connected meanwhile.
        session ??= connect();
        await session;
        log.info('the bus listens again');
        onGap();
        return;
      } catch (error) {
        session = undefined;
        if (attempt === 0)
          log.warn({ err: String(error) }, 'the bus lost its connection; it tries again until it is back');
        const pause = RECONNECT_MS[Math.min(attempt, RECONNECT_MS.length - 1)];
        await sleep(pause, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
      }
    }
  }

  return {
    async listen(channel) {
      if (channels.has(channel)) {
        await session;
        return;
      }
      channels.add(channel);
      if (session) {
        await (await session).query(`listen ${channel}`);
        return;
      }
      session = connect();
      try {
        await session;
      } catch (error) {
        session = undefined;
        channels.delete(channel);
        throw error;
      }
    },
    async unlisten(channel) {
      channels.delete(channel);
      const open = await session?.catch(() => undefined);
      await open?.query(`unlisten ${channel}`).catch(() => undefined);
    },
    async close() {
      closing.abort();
      const open = await session?.catch(() => undefined);
      await open?.close();
    },
  };
}
