import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SnmpV3Secret } from '@sotp/contract/credentials.ts';
import type { LineSink, ReceivedLine } from '#collectors/listener.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createTrapListener } from './listener.ts';
import { MibSettings, TrapSettings } from './settings.ts';

const PROGRAMS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/** Where a program of net-snmp is, or undefined. */
export function findProgram(name: string): string | undefined {
  return PROGRAMS.map((folder) => join(folder, name)).find(existsSync);
}

/** A UDP port that nobody has now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** A sink that keeps what it gets; what is durable, and whether there is room, is the test's. */
export function createTrapSink() {
  const lines: ReceivedLine[] = [];
  const state = { room: true, durable: (): Promise<void> => Promise.resolve() };
  const sink: LineSink = {
    take(line) {
      if (!state.room) return false;
      lines.push(line);
      return true;
    },
    full: false,
    whenRoom: () => Promise.resolve(),
    durable: () => state.durable(),
  };
  return { sink, lines, state };
}

export interface TestListenerOptions {
  readonly communities?: readonly string[];
  readonly users?: readonly SnmpV3Secret[];
  readonly settings?: Record<string, unknown>;
  readonly folders?: readonly string[];
  readonly host?: string;
}

/** A receiver on a loopback port, which can be started anew with what it kept. */
export async function openTestListener(options: TestListenerOptions = {}) {
  const { communities = ['public'], users = [], folders = [], host = '127.0.0.1' } = options;
  const directory = await mkdtemp(join(tmpdir(), 'sotp-traps-'));
  const udp = await freePort();
  const got = createTrapSink();
  const credentials = { communities: new Set(communities), users: [...users] };
  const make = () =>
    createTrapListener({
      settings: TrapSettings.parse({ host, udp, ...options.settings }),
      mibs: MibSettings.parse({ folders: [...folders] }),
      credentials,
      stateFile: join(directory, 'snmp-engine.json'),
      sink: got.sink,
      clock: systemClock,
      log: silentLog,
    });
  let listener = make();
  await listener.open();
  return {
    port: udp,
    got,
    credentials,
    metrics: () => listener.metrics(),
    dropped: (reason: string) => listener.metrics()[`trap_dropped_total{reason="${reason}"}`] ?? 0,
    /** Resolves when so many datagrams have come in: all of them are dealt with then. */
    async received(count: number): Promise<void> {
      while ((listener.metrics()['trap_received_total'] ?? 0) < count) await systemClock.sleep(5);
    },
    async restart(): Promise<void> {
      await listener.close();
      listener = make();
      await listener.open();
    },
    async close(): Promise<void> {
      await listener.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export interface Sent {
  readonly status: number;
  readonly output: string;
}

/** Runs `snmptrap` or `snmpinform` of net-snmp, without any configuration of this machine. */
export function runNetSnmp(program: string, args: readonly string[], directory: string): Promise<Sent> {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: directory,
    SNMPCONFPATH: directory,
    SNMP_PERSISTENT_DIR: directory,
    MIBS: '',
  };
  return new Promise((resolve) => {
    execFile(findProgram(program) ?? program, [...args], { env, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ status: error ? (typeof error.code === 'number' ? error.code : 1) : 0, output: stdout + stderr });
    });
  });
}
