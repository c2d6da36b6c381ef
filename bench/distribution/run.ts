// What giving out and taking polls costs: scheduler, queue, leases and runner, without asking any device.
// node bench/distribution/run.ts [devices=1000] [interval=10] [collectors=2] [seconds=25] [bad=0]
// Prints one line of JSON: CPU of each part in percent of a core, start lag, missed polls.
import { fork } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPostgresBus } from '../../server/src/bus/postgres/postgres.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createBullmqQueues } from '../../server/src/queue/bullmq/bullmq.ts';
import { createPostgresDriver } from '../../server/src/queue/bullmq/postgres.ts';
import { createPostgresLeaderLock } from '../../server/src/stores/leases/postgres-leader.ts';
import { createPostgresLeases } from '../../server/src/stores/leases/postgres.ts';
import { openTestDatabase } from '../../server/src/stores/postgres/testing.ts';
import { createScheduler } from '../../server/src/worker/scheduler.ts';

const [devices = 1_000, interval = 10, collectors = 2, seconds = 25, bad = 0] = process.argv.slice(2).map(Number);
const partitions = 4;

/** CPU seconds of a process. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** CPU seconds of a server and its children, the ended ones included. */
function cpuOfTree(root: number): number {
  let sum = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      if (Number(entry) !== root && Number(fields[1]) !== root) continue;
      sum += (Number(fields[11]) + Number(fields[12])) / 100;
      if (Number(entry) === root) sum += (Number(fields[13]) + Number(fields[14])) / 100;
    } catch {
      // It ended meanwhile.
    }
  }
  return sum;
}

const database = await openTestDatabase();
const { databaseUrl, pg } = database;
const { rows } = await pg.query<{ file: string }>(`select current_setting('data_directory') as file`);
const postmaster = Number(readFileSync(`${rows[0]?.file}/postmaster.pid`, 'utf8').split('\n')[0]);
const queues = createBullmqQueues({ driver: createPostgresDriver({ databaseUrl, log: silentLog }), log: silentLog });
const bus = createPostgresBus({ pg, log: silentLog });
const entries = Array.from({ length: devices }, (_, i) => ({
  deviceId: i + 1,
  collector: 'bench',
  intervalSeconds: interval,
}));
const scheduler = createScheduler({
  schedule: async () => entries,
  heldNow: () => createPostgresLeases(pg).heldNow(),
  leader: createPostgresLeaderLock(pg),
  queues,
  bus,
  clock: systemClock,
  log: silentLog,
  partitions,
});
await scheduler.start();
const children = Array.from({ length: collectors }, () =>
  fork(fileURLToPath(new URL('collector.ts', import.meta.url)), {
    env: { ...process.env, SOTP_BENCH_URL: databaseUrl, SOTP_BENCH_PARTITIONS: '4', SOTP_BENCH_BAD: String(bad) },
  }),
);
const ask = (child: (typeof children)[number]) =>
  new Promise<Record<string, number>>((resolve) => {
    child.once('message', (message) => resolve(message as Record<string, number>));
    child.send('tell');
  });
await sleep(14_000);
const measure = () => ({
  postgres: cpuOfTree(postmaster),
  scheduler: process.cpuUsage(),
  collectors: children.reduce((sum, { pid }) => sum + cpuOf(pid ?? 0), 0),
  at: performance.now(),
});
const sum = (all: Record<string, number>[], name: string) => all.reduce((total, one) => total + (one[name] ?? 0), 0);
const before = { ...measure(), told: await Promise.all(children.map(ask)) };
await sleep(seconds * 1_000);
const after = { ...measure(), told: await Promise.all(children.map(ask)) };
const elapsed = (after.at - before.at) / 1_000;
const percent = (cpu: number) => Math.round((cpu / elapsed) * 10_000) / 100;
const schedulerCpu =
  (after.scheduler.user + after.scheduler.system - before.scheduler.user - before.scheduler.system) / 1e6;
const polls = sum(after.told, 'polls_total') - sum(before.told, 'polls_total');
const skipped = Object.fromEntries(
  Object.keys(after.told[0] ?? {})
    .filter((name) => name.startsWith('polls_skipped'))
    .map((name) => [name.replace(/.*="(.*)"}/, '$1'), sum(after.told, name) - sum(before.told, name)])
    .filter(([, count]) => count !== 0),
);
process.stdout.write(
  `${JSON.stringify({
    bench: 'distribution',
    devices,
    intervalSeconds: interval,
    collectors,
    badPercent: bad,
    pollsPerSecond: Math.round((polls / elapsed) * 10) / 10,
    skipped,
    lagMs: after.told.map(({ lagP50, lagP99, lagMax }) => ({ p50: lagP50, p99: lagP99, max: lagMax })),
    cpuPercent: {
      postgres: percent(after.postgres - before.postgres),
      scheduler: percent(schedulerCpu),
      collectors: percent(after.collectors - before.collectors),
    },
  })}\n`,
);
for (const child of children) child.disconnect();
await scheduler.stop();
await queues.close();
await bus.close();
await database.close();
