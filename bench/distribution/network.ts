// Machines with networks of their own that can be cut, inside a network namespace that ends with the bench.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const INSIDE = 'SOTP_BENCH_INSIDE';

/** Runs this program again in a network of its own; true when it is in there already. */
export function insideOwnNetwork(): boolean {
  if (process.env[INSIDE] === '1') {
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    // Every address below is this host's: devices get theirs there.
    execFileSync('ip', ['route', 'add', 'local', '10.28.0.0/20', 'dev', 'lo']);
    return true;
  }
  const args = ['-n', process.execPath, ...process.argv.slice(1)];
  const { status } = spawnSync('unshare', args, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  process.exitCode = status ?? 1;
  return false;
}

/** A machine's link to everything else, and its way to the database. */
export interface Link {
  /** What runs a program in there. */
  readonly by: readonly string[];
  /** The database as it is seen from in there. */
  readonly databaseUrl: string;
  /** Nothing gets through; nobody is told. */
  cut(): void;
  restore(): void;
  /** Only the database cannot be reached. */
  cutDatabase(): void;
  restoreDatabase(): void;
  close(): void;
}

/** A relay to the database that can hold everything back. */
async function relay(host: string, databaseUrl: string) {
  const target = new URL(databaseUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  let held = false;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far).pipe(near);
    if (held) for (const socket of pair) socket.pause();
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        for (const one of pair) one.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => void server.listen(5_432, host, resolve));
  const url = new URL(databaseUrl);
  url.host = `${host}:5432`;
  return {
    url: url.href,
    hold(hold: boolean) {
      held = hold;
      for (const socket of [...pairs].flat()) {
        if (hold) socket.pause();
        else socket.resume();
      }
    },
    close() {
      server.close();
      for (const pair of pairs) for (const socket of pair) socket.destroy();
    },
  };
}

async function enter(holder: ChildProcess): Promise<void> {
  const own = readlinkSync('/proc/self/ns/net');
  while (readlinkSync(`/proc/${holder.pid}/ns/net`) === own) await sleep(20);
}

/** The network of machine `k`: a pair of interfaces, one end in a namespace of its own. */
export async function createLink(k: number, databaseUrl: string): Promise<Link> {
  const ip = (...args: string[]) => execFileSync('ip', args);
  const holder = spawn('unshare', ['-n', 'sleep', '7200'], { stdio: 'ignore' });
  await enter(holder);
  const by = ['nsenter', '-t', String(holder.pid), '-n'];
  const inside = (...args: string[]) => execFileSync('nsenter', [...by.slice(1), 'ip', ...args]);
  const [host, guest] = [`10.28.${100 + k}.1`, `10.28.${100 + k}.2`];
  ip('link', 'add', `host${k}`, 'type', 'veth', 'peer', 'name', `guest${k}`);
  ip('link', 'set', `guest${k}`, 'netns', String(holder.pid));
  ip('addr', 'add', `${host}/30`, 'dev', `host${k}`);
  ip('link', 'set', `host${k}`, 'up');
  inside('link', 'set', 'lo', 'up');
  inside('addr', 'add', `${guest}/30`, 'dev', `guest${k}`);
  inside('link', 'set', `guest${k}`, 'up');
  inside('route', 'add', 'default', 'via', host);
  // Known for ever: otherwise the kernel would keep the last packets of a cut until it has asked who is there, and send
  // them when the network is back.
  const macOf = (text: Buffer) => /link\/ether (\S+)/.exec(text.toString())?.[1] ?? '';
  const macs = { host: macOf(ip('link', 'show', `host${k}`)), guest: macOf(inside('link', 'show', `guest${k}`)) };
  ip('neigh', 'replace', guest, 'lladdr', macs.guest, 'dev', `host${k}`, 'nud', 'permanent');
  inside('neigh', 'replace', host, 'lladdr', macs.host, 'dev', `guest${k}`, 'nud', 'permanent');
  const database = await relay(host, databaseUrl);
  return {
    by,
    databaseUrl: database.url,
    cut: () => void ip('link', 'set', `host${k}`, 'down'),
    restore: () => void ip('link', 'set', `host${k}`, 'up'),
    cutDatabase: () => database.hold(true),
    restoreDatabase: () => database.hold(false),
    close() {
      database.close();
      holder.kill('SIGKILL');
    },
  };
}
