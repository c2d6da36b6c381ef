// What the benches of the whole way share: a database, a collector process on it, and senders.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../server/src/app/supervisor/role-process.ts';
import { parseGlob } from '../../server/src/domain/log-filter.ts';
import type { LogFilter } from '../../server/src/domain/log-filter.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createPackedLogStore } from '../../server/src/stores/logs/packed/packed.ts';
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { startTestServer } from '../../server/src/stores/postgres/test-server.ts';

export type Counters = Readonly<Record<string, number>>;

export interface Ground {
  counters(): Promise<Counters>;
  /** Counters once all that was received is stored or dropped. */
  settled(): Promise<Counters>;
  /** What honest senders waited from sending to taking since last asked, ascending ms. */
  latencies(): Promise<number[]>;
  /** Lines that the store finds, whatever the counters say; of one app, or all. */
  inStore(app?: string): Promise<number>;
  stop(): Promise<void>;
}

/** A counter over all its labels, or over those that contain `label`. */
export function sumOf(counters: Counters, name: string, label = ''): number {
  return Object.entries(counters).reduce(
    (sum, [key, value]) => (key.split('{')[0] === name && key.includes(label) ? sum + value : sum),
    0,
  );
}

export async function startGround(syslog: Record<string, unknown>): Promise<Ground> {
  const url = await startTestServer(['fsync=on', 'synchronous_commit=on', 'max_wal_size=1GB', 'shared_buffers=64MB']);
  const pg = createPostgres({ databaseUrl: url, log: silentLog });
  await migrate(pg, silentLog);
  const store = createPackedLogStore({ pg });
  await store.maintain(Date.now());
  const begun = Date.now();
  const dir = mkdtempSync(join(tmpdir(), 'sotp-logs-ground-'));
  const child: ChildProcess = spawn(
    process.execPath,
    [...nodeFlags('collector', 2), fileURLToPath(new URL('collector.ts', import.meta.url))],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, SOTP_BENCH_URL: url, SOTP_BENCH_DIR: dir, SOTP_BENCH_SYSLOG: JSON.stringify(syslog) },
    },
  );
  await once(child, 'message');

  async function ask<T>(what: string): Promise<T> {
    const answer = once(child, 'message');
    child.send(what);
    const [found] = (await answer) as [T];
    return found;
  }
  const counters = () => ask<Counters>('counters');
  for (let tries = 0; ; tries++) {
    const open = Object.entries(await counters()).filter(([name]) => name.startsWith('listener_open'));
    if (open.length > 0 && open.every(([, value]) => value === 1)) break;
    if (tries > 100) throw new Error('a listener does not open');
    await sleep(100);
  }

  return {
    counters,
    latencies: () => ask<number[]>('latencies'),
    async settled() {
      for (let tries = 0, before = -1; tries < 240; tries++) {
        const now = await counters();
        const accounted = sumOf(now, 'syslog_stored_total') + sumOf(now, 'syslog_dropped_total');
        if (accounted >= sumOf(now, 'syslog_received_total') && accounted === before) return now;
        before = accounted;
        await sleep(250);
      }
      throw new Error(
        `what was received is neither stored nor dropped after 60 s: ${JSON.stringify(await counters())}`,
      );
    },
    async inStore(app) {
      const filter: LogFilter =
        app === undefined ? { kind: 'all' } : { kind: 'attribute', name: 'app', glob: parseGlob(app) };
      const range = { from: begun - 60_000, to: Date.now() + 60_000, stepMs: 60_000 };
      const { steps } = await store.histogram({ filter, ...range });
      return steps.reduce((sum, { counts }) => sum + counts.reduce((a, b) => a + b, 0), 0);
    },
    async stop() {
      child.send('stop');
      await once(child, 'exit');
      await pg.stop();
      rmSync(dir, { recursive: true });
    },
  };
}

/** Runs sender.ts; answers what it says at its end. */
export async function send(...args: (string | number)[]): Promise<{ sent: number; seconds: number }> {
  const script = fileURLToPath(new URL('sender.ts', import.meta.url));
  const child = spawn(process.execPath, [script, ...args.map(String)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [[answer]] = (await Promise.all([once(child, 'message'), once(child, 'exit')])) as [
    [{ sent: number; seconds: number }],
    unknown,
  ];
  return answer;
}
