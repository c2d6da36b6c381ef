// Bar R10: 1,000 devices through scheduler, queue, leases, runner and the SNMP collector; once all healthy, once with 20 %
// that never answer, 5 % that answer after 1.9 s, 1 % whose walk cycles, 1 % with an endless table, 1 % that take 900 ms a
// value. Healthy devices must not notice: `node bench/neighbours/run.ts [--devices 1000] [--interval 10] [--seconds 40]`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresBus } from '../../server/src/bus/postgres/postgres.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createBullmqQueues } from '../../server/src/queue/bullmq/bullmq.ts';
import { createPostgresDriver } from '../../server/src/queue/bullmq/postgres.ts';
import { createPostgresLeaderLock } from '../../server/src/stores/leases/postgres-leader.ts';
import { createPostgresLeases } from '../../server/src/stores/leases/postgres.ts';
import { openTestDatabase } from '../../server/src/stores/postgres/testing.ts';
import { createScheduler } from '../../server/src/worker/scheduler.ts';
import { kindOf } from './kinds.ts';
import type { Kind } from './kinds.ts';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '1000' },
    interval: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '40' },
    port: { type: 'string', default: '21161' },
  },
});
const devices = Number(options.devices);
const intervalSeconds = Number(options.interval);
const port = Number(options.port);
const LAG_BAR_MS = 1000;
const RATIO_BAR = 1.2;
const PATIENCE_MS = 180_000;

interface Told {
  readonly lags: number[];
  readonly polled: [deviceId: number, at: number, up: boolean][];
  readonly cpu: NodeJS.CpuUsage;
  readonly counters: Record<string, number>;
  readonly rss: number;
}

async function run(bad: boolean) {
  const agents = fork(new URL('./agents.ts', import.meta.url), [devices, port, bad ? 1 : 0].map(String));
  await once(agents, 'message');
  const database = await openTestDatabase();
  const { databaseUrl, pg } = database;
  const queues = createBullmqQueues({ driver: createPostgresDriver({ databaseUrl, log: silentLog }), log: silentLog });
  const bus = createPostgresBus({ pg, log: silentLog });
  const entries = Array.from({ length: devices }, (_, deviceId) => ({ deviceId, collector: 'snmp', intervalSeconds }));
  const scheduler = createScheduler({
    schedule: async () => entries,
    heldNow: () => createPostgresLeases(pg).heldNow(),
    leader: createPostgresLeaderLock(pg),
    queues,
    bus,
    clock: systemClock,
    log: silentLog,
    partitions: 4,
  });
  await scheduler.start();
  const collector = fork(new URL('./collector.ts', import.meta.url), {
    env: {
      ...process.env,
      SOTP_BENCH_URL: databaseUrl,
      SOTP_BENCH_PORT: String(port),
      SOTP_BENCH_INTERVAL: String(intervalSeconds),
      SOTP_BENCH_BAD: bad ? '1' : '0',
    },
  });
  const ask = async (): Promise<Told> => {
    const told = once(collector, 'message');
    collector.send('tell');
    return ((await told) as [Told])[0];
  };
  const before = await known(ask, bad);
  await sleep(Number(options.seconds) * 1000);
  const after = await ask();
  collector.disconnect();
  await scheduler.stop();
  await queues.close();
  await bus.close();
  await database.close();
  agents.disconnect();
  return summary(before, after, bad);
}

/** Waits until all healthy devices have been read as a whole: until then a poll gives facts, no samples. */
async function known(ask: () => Promise<Told>, bad: boolean): Promise<Told> {
  const started = performance.now();
  for (;;) {
    await sleep(intervalSeconds * 1000);
    const told = await ask();
    const healthy = told.polled.filter(([deviceId]) => kindOf(deviceId, bad) === 'healthy');
    const up = new Set(healthy.filter(([, , isUp]) => isUp).map(([deviceId]) => deviceId));
    if (up.size >= countHealthy(bad) && healthy.every(([, , isUp]) => isUp)) return told;
    if (performance.now() - started > PATIENCE_MS) throw new Error(`only ${up.size} healthy devices are known by now`);
  }
}

function countHealthy(bad: boolean): number {
  return Array.from({ length: devices }, (_, i) => i).filter((i) => kindOf(i, bad) === 'healthy').length;
}

function summary(before: Told, { lags, polled, cpu, counters, rss }: Told, bad: boolean) {
  const sorted = lags.toSorted((a, b) => a - b);
  const lag = (q: number): number => Math.round((sorted[Math.floor(q * sorted.length)] ?? 0) * 10) / 10;
  const instants = new Map<number, number[]>();
  const wrong: Partial<Record<Kind, number>> = {};
  let failed = 0;
  for (const [deviceId, at, up] of polled) {
    const kind = kindOf(deviceId, bad);
    if (!up) wrong[kind] = (wrong[kind] ?? 0) + 1;
    if (kind !== 'healthy') continue;
    if (!up) failed += 1;
    instants.set(deviceId, [...(instants.get(deviceId) ?? []), at]);
  }
  // A device is asked at every slot of its own, from the first that was seen to the last.
  let missed = 0;
  for (const all of instants.values()) {
    const slots = Math.round((Math.max(...all) - Math.min(...all)) / (intervalSeconds * 1000)) + 1;
    missed += slots - new Set(all).size;
  }
  const healthy = countHealthy(bad);
  return {
    bad,
    healthy,
    healthyPolled: instants.size,
    polls: polled.length,
    pollsWithoutAnswerByKind: wrong,
    missed: missed + (healthy - instants.size),
    failed,
    lagMs: { p50: lag(0.5), p99: lag(0.99), max: lag(0.999_999) },
    cpuPercent: Math.round(
      (cpu.user + cpu.system - before.cpu.user - before.cpu.system) / 1e4 / Number(options.seconds),
    ),
    rssMiB: Math.round(rss / 2 ** 20),
    inFlight: counters['polls_in_flight'],
  };
}

const good = await run(false);
console.log(JSON.stringify(good));
const mixed = await run(true);
console.log(JSON.stringify(mixed));
const ratio = Math.round((100 * mixed.lagMs.p99) / good.lagMs.p99) / 100;
const passed =
  mixed.missed === 0 &&
  mixed.failed === 0 &&
  mixed.lagMs.p99 <= LAG_BAR_MS &&
  mixed.lagMs.p99 <= RATIO_BAR * good.lagMs.p99;
console.log(
  JSON.stringify({ bench: 'neighbours', bar: 'R10', devices, intervalSeconds, good, mixed, p99Ratio: ratio, passed }),
);
process.exitCode = passed ? 0 : 1;
