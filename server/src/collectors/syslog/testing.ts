import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
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

/** A port that nobody has now, neither for TCP nor for UDP, on any address. */
export async function freePort(): Promise<number> {
  for (let tries = 0; ; tries++) {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = createSocket('udp4').bind(port);
    const free = await once(socket, 'listening').then(
      () => true,
      () => false,
    );
    socket.close();
    server.close();
    await once(server, 'close');
    if (free) return port;
    if (tries > 100) throw new Error('no port is free for both TCP and UDP');
  }
}

/** Connects to a daemon that is starting; its end is nobody's fault. */
export async function connectedTo(port: number): Promise<Socket> {
  for (let tries = 0; ; tries++) {
    const socket = createConnection(port, '127.0.0.1');
    const opened = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    if (opened) return socket.on('error', () => undefined);
    if (tries > 1_200) throw new Error(`nobody comes to listen on port ${port}`);
    await systemClock.sleep(100);
  }
}

/** Resolves when no program of this machine has a connection to the port any more, half closed or not. */
export async function noConnectionTo(port: number): Promise<void> {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const TIME_WAIT = '06';
  const held = () =>
    readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
      .some(([, , address, state]) => address?.endsWith(remote) && state !== TIME_WAIT);
  while (held()) await systemClock.sleep(5);
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
