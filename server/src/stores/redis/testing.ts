import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Why tests that need a real Redis cannot run here; undefined when they can. */
export const noRedis: string | undefined = spawnSync('redis-server', ['--version']).error
  ? 'redis-server is not installed (Debian: apt-get install redis-server)'
  : undefined;

/** The bus of a cluster's server is so far above its port. */
const BUS_ABOVE = 10_000;

/** The port, or for 0 any, when nobody has it. */
async function freeOf(port: number): Promise<number | undefined> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return undefined;
  }
  const { port: found } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return found;
}

/** A port that was free a moment ago, on loopback, and so was that of its cluster's bus. */
export async function freePort(): Promise<number> {
  const port = await freeOf(0);
  if (port === undefined || port > 50_000 || (await freeOf(port + BUS_ABOVE)) === undefined) return freePort();
  return port;
}

export interface TestRedis {
  readonly port: number;
  readonly url: string;
  /** SIGKILL; what it held is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** A plain connection, to do it harm. */
  admin(): Redis;
  close(): Promise<void>;
}

/** Starts a redis-server of its own on a free port of loopback, holding nothing on disk. */
export async function startTestRedis(switches: readonly string[] = [], given?: number): Promise<TestRedis> {
  const port = given ?? (await freePort());
  const dir = await mkdtemp(path.join(tmpdir(), 'sotp-redis-'));
  const admins = new Set<Redis>();
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const plain = switches.includes('--tls-port') ? '0' : String(port);
    const base = ['--port', plain, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];
    child = spawn('redis-server', [...base, ...switches], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.stdout?.on('data', (chunk) => {
      if (String(chunk).includes('Ready to accept connections')) resolve();
    });
    child.once('exit', (status) => reject(new Error(`redis-server ended with status ${status}`)));
    await promise;
  }

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    admin() {
      const client = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: 1 });
      client.on('error', () => undefined);
      admins.add(client);
      return client;
    },
    async close() {
      for (const client of admins) client.disconnect();
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Three masters of a cluster that share the slots. */
export async function startTestCluster(): Promise<{ url: string; close(): Promise<void> }> {
  const switches = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  const started = await Promise.allSettled([0, 1, 2].map(() => startTestRedis(switches)));
  const servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed) {
    // Those that run would keep this process waiting for ever.
    for (const server of servers) await server.close();
    throw failed.reason;
  }
  const hosts = servers.map((server) => `127.0.0.1:${server.port}`);
  const made = spawnSync('redis-cli', ['--cluster', 'create', ...hosts, '--cluster-yes'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`no cluster: ${made.stdout}${made.stderr}`);
  for (const server of servers) {
    const admin = server.admin();
    for (let i = 0; i < 200 && !String(await admin.cluster('INFO')).includes('cluster_state:ok'); i++) await sleep(50);
  }
  return {
    url: `redis+cluster://${hosts.join(',')}`,
    async close() {
      for (const server of servers) await server.close();
    },
  };
}
