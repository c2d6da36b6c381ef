import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Listener, LineSink, ReceivedLine } from '#collectors/listener.ts';
import type { Clock } from '#platform/clock.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createSyslogListeners } from './listeners.ts';
import { SyslogSettings } from './settings.ts';

/**
 * A daemon of the system, or one unpacked below SOTP_TEST_PROGRAMS, since Debian's log daemons exclude each other;
 * undefined when there is none.
 */
export function findDaemon(name: string): string | undefined {
  const folders = ['/', process.env['SOTP_TEST_PROGRAMS'] ?? '/'];
  return folders.map((folder) => join(folder, 'usr/sbin', name)).find((path) => existsSync(path));
}

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves when the socket is closed, in peace or not. */
export function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}

/** A sink that keeps what it gets, and can run out of room. */
export function createTestSink() {
  const lines: ReceivedLine[] = [];
  let waiting: (() => void)[] = [];
  let room = Number.POSITIVE_INFINITY;
  let heard: (() => void) | undefined;
  const sink: LineSink = {
    take(line) {
      if (room <= 0) return false;
      room--;
      lines.push(line);
      heard?.();
      return true;
    },
    get full() {
      return room <= 0;
    },
    whenRoom: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    durable: async () => undefined,
  };
  return {
    sink,
    lines,
    texts: () => lines.map(({ content }) => content.text.slice(content.body)),
    /** Resolves when so many lines are there. */
    async until(count: number): Promise<void> {
      while (lines.length < count) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
    setRoom(lines: number): void {
      room = lines;
      if (room > 0) for (const resolve of waiting.splice(0)) resolve();
      waiting = [];
    },
  };
}

export type TestSink = ReturnType<typeof createTestSink>;

/** Listeners on loopback with these settings, opened. */
export async function openListeners(
  settings: Record<string, unknown>,
  clock: Clock = systemClock,
): Promise<{ listeners: Listener[]; got: TestSink; metrics(): Record<string, number>; close(): Promise<void> }> {
  const got = createTestSink();
  const parsed = SyslogSettings.parse({ host: '127.0.0.1', udp: 0, tcp: 0, ...settings });
  const listeners = createSyslogListeners(parsed, { sink: got.sink, log: silentLog, clock });
  for (const listener of listeners) await listener.open();
  return {
    listeners,
    got,
    metrics: () => Object.assign({}, ...listeners.map((listener) => listener.metrics())),
    close: async () => void (await Promise.all(listeners.map((listener) => listener.close()))),
  };
}
