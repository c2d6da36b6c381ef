import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { PostgresBinaries } from './binaries.ts';
import { findPostgresBinaries } from './binaries.ts';
import { NAME, initialise, secretOf } from './cluster.ts';
import type { DatabaseUser } from './os-user.ts';
import { databaseUser, launchAs } from './os-user.ts';
import { clearLeftover, isPostmasterOf, readPostmasterFile } from './postmaster.ts';
import { postgresSettings } from './settings.ts';

export interface EmbeddedPostgresOptions {
  /** SOTP's data directory, which exists; the database lives in `postgres/` below it. */
  readonly dataDir: string;
  readonly connections: number;
  /** Settings that stand above our own; for tests. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly clock: Clock;
  /** Called when the server ends without having been asked to. */
  readonly onExit?: (reason: string) => void;
}

export interface EmbeddedPostgres extends Component {
  /** Connection string, password included; valid while it runs. */
  url(): string;
  /** Asks it to end by itself: for one who cannot wait until it has. */
  letGo(): void;
}

const MAX_LOG_BYTES = 10_000_000;
const STOPPED = 'it was stopped while it started';

function urlFor(port: number, secret: string, database = NAME): string {
  return `postgresql://${NAME}:${secret}@127.0.0.1:${port}/${database}`;
}

/** The URL of the embedded database of this data directory when it runs now; for commands beside a running SOTP. */
export function runningDatabaseUrl(dataDir: string): string | undefined {
  const directory = join(dataDir, 'postgres');
  const file = readPostmasterFile(directory);
  if (!file?.ready || !isPostmasterOf(file.pid, directory)) return undefined;
  return urlFor(file.port, secretOf(dataDir, false));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

function openLog(path: string): number {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function lastTrouble(logPath: string, from: number): string {
  const lines = readFileSync(logPath, 'utf8').slice(from).split('\n');
  const line = lines.findLast((text) => /(FATAL|PANIC|ERROR):/.test(text)) ?? lines.findLast((text) => text !== '');
  return line?.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, '') ?? 'no reason given';
}

async function ensureDatabase(port: number, secret: string): Promise<void> {
  const probe = new pg.Client({ connectionString: urlFor(port, secret) });
  try {
    await probe.connect();
    return;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === '3D000')) throw cause;
  } finally {
    await probe.end().catch(() => undefined);
  }
  const client = new pg.Client({ connectionString: urlFor(port, secret, 'postgres') });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${NAME}`);
  } finally {
    await client.end();
  }
}

/** A PostgreSQL of our own below the data directory: made at the first start, listening on loopback only, stopped with us. */
export function createEmbeddedPostgres(options: EmbeddedPostgresOptions): EmbeddedPostgres {
  const { dataDir, log, clock } = options;
  const directory = join(dataDir, 'postgres');
  const logPath = join(dataDir, 'postgres.log');
  let child: ChildProcess | undefined;
  let stopping = false;
  let starting: Promise<void> = Promise.resolve();
  let url = '';
  // The same over restarts, so that those who hold the URL find the database again.
  let port: number | undefined;

  function launch(binaries: PostgresBinaries, user: DatabaseUser | undefined, port: number): ChildProcess {
    const settings = Object.entries({ ...postgresSettings(port, options.connections), ...options.settings });
    const args = ['-D', directory, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    const run = launchAs(user, binaries.postgres, args, [directory]);
    const fd = openLog(logPath);
    try {
      // Detached: Ctrl-C goes to the whole terminal group, but the database must outlive the processes that use it.
      const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
      return spawn(run.command, run.args, {
        ...run.identity,
        cwd: '/',
        env,
        detached: true,
        stdio: ['ignore', fd, fd],
      });
    } finally {
      closeSync(fd);
    }
  }

  async function tryStart(binaries: PostgresBinaries, user: DatabaseUser | undefined): Promise<string | undefined> {
    port ??= await freePort();
    // Nothing may come between this and the launch: what is launched, a stop finds.
    if (stopping) return STOPPED;
    const from = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0;
    const server = launch(binaries, user, port);
    child = server;
    let ready = false;
    let failed: string | undefined;
    server.once('exit', (code, signal) => {
      // The next one may run already.
      if (child === server) child = undefined;
      if (ready && !stopping) options.onExit?.(signal ?? `exit status ${code}`);
    });
    server.once('error', (error) => (failed = error.message));
    server.once('exit', () => (failed ??= lastTrouble(logPath, from)));
    const end = clock.monotonic() + 60_000;
    for (;;) {
      if (failed !== undefined) return failed;
      const file = readPostmasterFile(directory);
      if (file?.pid === server.pid && file?.ready) break;
      if (clock.monotonic() > end) {
        server.kill('SIGQUIT');
        return 'it did not become ready within 60 s';
      }
      await clock.sleep(10);
    }
    ready = true;
    const secret = secretOf(dataDir, false);
    await ensureDatabase(port, secret);
    url = urlFor(port, secret);
    return undefined;
  }

  async function begin(): Promise<void> {
    const binaries = findPostgresBinaries();
    const user = databaseUser(directory);
    if (!existsSync(join(directory, 'PG_VERSION'))) {
      // The account that runs the database must be able to pass through the data directory.
      if (user) chmodSync(dataDir, 0o711);
      initialise(dataDir, binaries, user);
    }
    const leftover = await clearLeftover(directory, clock);
    if (leftover === 'stopped') log.info('stopped the database of an earlier run that had been killed');
    let trouble = '';
    for (let attempt = 0; attempt < 10; attempt++) {
      const failed = await tryStart(binaries, user);
      if (failed === undefined || stopping) return;
      trouble = failed;
      // A killed postmaster's last children, or somebody who was quicker at the port: both pass by themselves.
      if (!/shared memory block|address already in use|could not create any TCP/i.test(failed)) break;
      if (url === '') port = undefined;
      await clock.sleep(200);
    }
    if (/No space left/i.test(trouble)) {
      throw new AppError('disk_full', `no space left for the database in ${dataDir}: free some space and start again`);
    }
    throw new AppError('database_unavailable', `the embedded database does not start: ${trouble} (see ${logPath})`);
  }

  return {
    name: 'embedded PostgreSQL',
    url: () => url,
    letGo: () => void child?.kill('SIGINT'),
    start() {
      stopping = false;
      const begun = begin();
      starting = begun.catch(() => undefined);
      return begun;
    },
    async stop() {
      stopping = true;
      const server = child;
      if (server) {
        const ended = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGINT');
        const timer = setTimeout(() => server.kill('SIGQUIT'), 6_000);
        await ended;
        clearTimeout(timer);
      }
      await starting;
    },
  };
}
