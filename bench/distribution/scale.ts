// Many simulated devices on one SOTP with a few collector processes: do polls begin in time, is none missed, does the API
// stay quick, and what does it all cost. Everything is real: sockets, SNMP, the embedded PostgreSQL with its durability.
// node bench/distribution/scale.ts [--devices 10000] [--minutes 4] [--ports 48] [--interval 60] [--collectors 2]
// [--redis URL] [--database URL]; prints one line of JSON, and exits 1 below the bar.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Device, ImportResult } from '@sotp/contract/devices.ts';
import type { Page } from '@sotp/contract/lists.ts';
import { addressAfter } from '@sotp/simulator/addresses.ts';
import { withDatabase } from '../../server/src/app/database.ts';
import { loadConfig } from '../../server/src/app/config/load.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { tree } from '../processes.ts';
import { quantile, signIn, startMachine } from './sotp.ts';
import type { Call } from './sotp.ts';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '4' },
    ports: { type: 'string', default: '48' },
    interval: { type: 'string', default: '60' },
    collectors: { type: 'string', default: '2' },
    warm: { type: 'string', default: '2' },
    quiet: { type: 'string', default: '60' },
    redis: { type: 'string' },
    database: { type: 'string' },
  },
});
const devices = Number(options.devices);
const intervalMs = Number(options.interval) * 1_000;
const BARS = { lagP99Ms: 1_000, missed: 0, apiP99Ms: 50, schedulerPercent: 5 };
const FIRST = '127.28.16.1';
const AGENT_PORT = 28_161;
const IMPORTED_AT_ONCE = 5_000;
const KNOWN_WITHIN_MS = 600_000;

const root = mkdtempSync(join(tmpdir(), 'sotp-bench-scale-'));
const main = new URL('../../server/src/main.ts', import.meta.url).pathname;
const shape = ['--devices', String(devices), '--ports', options.ports, '--plain', '--listen', FIRST];
const simulator = spawn(process.execPath, [main, 'simulate', ...shape, '--port', String(AGENT_PORT)], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
process.on('exit', () => simulator.kill('SIGTERM'));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
await new Promise((resolve) => simulator.stderr.once('data', resolve));

const sotp = startMachine({
  name: 'one',
  root,
  ...(options.database === undefined ? {} : { databaseUrl: options.database }),
  args: ['--port', '28081', '--collectors', options.collectors],
  ...(options.redis === undefined ? {} : { env: { SOTP_REDIS_URL: options.redis } }),
});
const address = await sotp.ready;
const call = await signIn(address);

/** Lines of /metrics by name, summed or the greatest over processes. */
async function metric(name: string, how: 'sum' | 'max', label = ''): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const values = text.split('\n').flatMap((line) => {
    const [key = '', value] = line.split(/ (?=\S+$)/);
    const [, family, labels = ''] = /^sotp_([a-z_]+)(\{.*\})?$/.exec(key) ?? [];
    return family === name && labels.includes(label) ? [Number(value)] : [];
  });
  return how === 'sum' ? values.reduce((a, b) => a + b, 0) : Math.max(0, ...values);
}

async function addDevices(): Promise<number> {
  const secret = { community: 'public' };
  const { id } = await call<{ id: string }>('POST', '/credentials', { name: 'a', kind: 'snmp-v2c', secret });
  const snmp = { name: 'snmp', intervalSeconds: intervalMs / 1_000, settings: { port: AGENT_PORT } };
  const startedAt = performance.now();
  for (let from = 0; from < devices; from += IMPORTED_AT_ONCE) {
    const rows = Array.from({ length: Math.min(IMPORTED_AT_ONCE, devices - from) }, (_, i) => ({
      address: addressAfter(FIRST, from + i),
      credentials: [id],
      collectors: [snmp],
    }));
    const { created, errors } = await call<ImportResult>('POST', '/devices/import', rows);
    if (created !== rows.length) throw new Error(`devices were not imported: ${JSON.stringify(errors[0])}`);
  }
  return (performance.now() - startedAt) / 1_000;
}

let refused = 0;

/** What a person with the pages open asks for, ten times a second. */
async function useApi(client: Call, signal: AbortSignal): Promise<number[]> {
  const { items } = await client<{ items: { id: string }[] }>('GET', '/devices?limit=1000');
  const took: number[] = [];
  for (let i = 0; !signal.aborted; i++) {
    const { id } = items[(i * 37) % items.length]!;
    const paths = [
      '/devices?limit=100',
      `/devices/${id}`,
      '/devices/summary',
      `/metrics/query?device=${id}&metric=ifHCInOctets&from=now-10m`,
      '/devices?limit=100&status=down',
      `/devices/${id}/inventory`,
    ];
    const startedAt = performance.now();
    // A hub that has more to do than it can says so: that is counted, and so is the time it took.
    await client('GET', paths[i % paths.length]!).catch(() => refused++);
    took.push(performance.now() - startedAt);
    await sleep(100);
  }
  return took;
}

interface Cost {
  cpu: number;
  rssMb: number;
}

/** CPU seconds and memory by kind of process. */
function costs(): Record<string, Cost> {
  const all: Record<string, Cost> = {};
  for (const { name, cpuSeconds, rssBytes } of [...tree(sotp.pid).values(), ...tree(simulator.pid ?? 0).values()]) {
    const cost = (all[name.replace('sotp ', '')] ??= { cpu: 0, rssMb: 0 });
    cost.cpu += cpuSeconds;
    cost.rssMb += rssBytes / 1e6;
  }
  return all;
}

function percentOver(before: Record<string, Cost>, seconds: number) {
  return Object.fromEntries(
    Object.entries(costs()).map(([name, { cpu, rssMb }]) => [
      name,
      { cpuPercent: Math.round(((cpu - (before[name]?.cpu ?? 0)) / seconds) * 1_000) / 10, rssMb: Math.round(rssMb) },
    ]),
  );
}

/** Polls stored with an instant of this time. */
async function stored(from: number, to: number): Promise<number> {
  const config = loadConfig({ dataDir: sotp.dataDir, databaseUrl: options.database });
  return withDatabase(config, async (databaseUrl) => {
    const pg = createPostgres({ databaseUrl, log: silentLog, maxConnections: 1 });
    const { rows } = await pg.query<{ n: number }>(
      `select count(*)::int as n from (select distinct device_id, at from metric_head where at >= $1 and at < $2) as t`,
      [new Date(from), new Date(to)],
    );
    await pg.stop();
    return rows[0]?.n ?? 0;
  });
}

const importedInSeconds = await addDevices();
process.stderr.write(`imported in ${importedInSeconds.toFixed(1)} s\n`);

/** Devices whose last poll had nothing to say but values: those that are read as a whole already. */
async function known(): Promise<number> {
  let count = 0;
  for (let cursor = ''; ;) {
    const page = await call<Page<Device>>('GET', `/devices?limit=1000${cursor}`);
    count += page.items.filter(({ collectors }) => collectors.every(({ up, error }) => up && error === null)).length;
    if (page.nextCursor === null) return count;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}
const addedAt = performance.now();
for (let n = 0; n < devices && performance.now() - addedAt < KNOWN_WITHIN_MS; await sleep(10_000)) {
  n = await known().catch(() => n);
  const skipped = await metric('polls_skipped_total', 'sum');
  process.stderr.write(
    `${Math.round((performance.now() - addedAt) / 1_000)} s: ${n} known, ${skipped} polls skipped\n`,
  );
}
const knownInSeconds = Math.round((performance.now() - addedAt) / 1_000);
await sleep(Number(options.warm) * 60_000);

// First without anyone who uses the API: all that the hub does then is to schedule, and to keep house.
const quietFrom = performance.now();
const quietBefore = costs();
await sleep(Number(options.quiet) * 1_000);
const quiet = percentOver(quietBefore, (performance.now() - quietFrom) / 1_000);

const skippedBefore = await metric('polls_skipped_total', 'sum');
const from = Date.now();
const before = costs();
const using = new AbortController();
const asking = useApi(call, using.signal);
const lags: { p50: number; p99: number }[] = [];
const end = performance.now() + Number(options.minutes) * 60_000;
while (performance.now() < end) {
  await sleep(Math.min(15_000, Math.max(0, end - performance.now())));
  const [p50, p99] = await Promise.all([
    metric('poll_lag_ms', 'max', 'quantile="0.5"'),
    metric('poll_lag_ms', 'max', 'quantile="0.99"'),
  ]);
  lags.push({ p50, p99 });
}
using.abort();
const took = await asking;
const to = Date.now();
const cost = percentOver(before, (to - from) / 1_000);
const skipped = (await metric('polls_skipped_total', 'sum')) - skippedBefore;
// The batches of the last second are still on their way.
await sleep(5_000);
const expected = (devices * (Math.floor((to - from) / intervalMs) * intervalMs)) / intervalMs;
const made = await stored(from, from + Math.floor((to - from) / intervalMs) * intervalMs);
const summary = await call<{ byStatus: Record<string, number> }>('GET', '/devices/summary');
sotp.kill('SIGTERM');
const { status } = await sotp.ended;
simulator.kill('SIGTERM');

const report = {
  bench: 'scale',
  backEnd: options.redis === undefined ? 'postgres' : 'redis',
  devices,
  ports: Number(options.ports),
  intervalSeconds: intervalMs / 1_000,
  collectors: Number(options.collectors),
  minutes: Number(options.minutes),
  importedInSeconds: Math.round(importedInSeconds),
  knownInSeconds,
  lagMs: { p50: Math.max(...lags.map(({ p50 }) => p50)), p99: Math.max(...lags.map(({ p99 }) => p99)) },
  polls: { expected, stored: made, missed: expected - made, skipped },
  byStatus: Object.fromEntries(Object.entries(summary.byStatus).filter(([, n]) => n > 0)),
  apiMs: {
    requests: took.length,
    refused,
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    max: Math.max(...took),
  },
  schedulerCpuPercent: quiet['hub']?.cpuPercent,
  cost,
  exit: status,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
const good =
  report.lagMs.p99 <= BARS.lagP99Ms &&
  report.polls.missed <= BARS.missed &&
  report.apiMs.p99 <= BARS.apiP99Ms &&
  refused === 0 &&
  (report.schedulerCpuPercent ?? 100) <= BARS.schedulerPercent;
if (good) rmSync(root, { recursive: true, force: true });
else process.stderr.write(`below the bar; logs are in ${root}\n`);
process.exit(good ? 0 : 1);
