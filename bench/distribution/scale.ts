// Many simulated devices on one SOTP with a few collector processes: do polls begin in time, is none missed, does the API
// stay quick, what does it all cost, and does anything grow. Everything is real: sockets, SNMP, the embedded PostgreSQL
// with its durability. Run for half an hour it is the soak as well.
// node bench/distribution/scale.ts [--devices 10000] [--minutes 4] [--ports 48] [--interval 60] [--collectors 2]
// [--interval 300,60: first read and measured at 300 s, then changed to 60 s and measured again] [--answering N, the others have no agent: what refuses costs least] [--redis URL] [--database URL] [--data FOLDER, kept: used again, its devices are there already, and more may follow]; prints one line of JSON, and exits 1 below the bar.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { lagMs } from '../lag.ts';
import { changeIntervals, diskMb, importAll, knownDevices, startFleet, storedPolls, useApi } from './many.ts';
import { createGrowthWatch, cpuSeconds, percentOver } from './slopes.ts';
import { quantile, signIn, startMachine } from './sotp.ts';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '10000' },
    answering: { type: 'string' },
    minutes: { type: 'string', default: '4' },
    ports: { type: 'string', default: '48' },
    interval: { type: 'string', default: '60' },
    collectors: { type: 'string', default: '2' },
    warm: { type: 'string', default: '2' },
    quiet: { type: 'string', default: '60' },
    redis: { type: 'string' },
    database: { type: 'string' },
    listen: { type: 'string', default: '127.24.0.1' },
    agents: { type: 'string', default: '24161' },
    port: { type: 'string', default: '24081' },
    known: { type: 'string', default: '600' },
    data: { type: 'string' },
  },
});
const devices = Number(options.devices);
const answering = Number(options.answering ?? devices);
const [intervalMs = 60_000, ...laterMs] = options.interval.split(',').map((seconds) => Number(seconds) * 1_000);
const minutes = Number(options.minutes);
/** For 10,000 devices of 48 ports at 60 s; of the half core for these, a tenth of a core does not depend on devices. */
const BARS = { lagP99Ms: 1_000, missed: 0, apiP99Ms: 50, schedulerPercent: 5, cores: 0.1 + (0.4 * devices) / 10_000 };
/** Growth an hour; half an hour is the least from which it can be told. */
const SOAK = { minutes: 30, rssMiB: 8, heapMiB: 4 };
/** Rows of a minute are counted once they have had this long to be stored. */
const SETTLED_MS = 15_000;
const MINUTE_MS = 60_000;

const root = options.data ?? mkdtempSync(join(tmpdir(), 'sotp-bench-scale-'));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
const shape = { devices, ports: Number(options.ports), intervalMs };
const fleet = { ...shape, first: options.listen, udpPort: Number(options.agents) };
const startedAtMs = Date.now();
const switches = await startFleet({ ...fleet, devices: answering });
const sotp = startMachine({
  name: 'one',
  root,
  ...(options.database === undefined ? {} : { databaseUrl: options.database }),
  args: ['--port', options.port, '--collectors', options.collectors],
  ...(options.redis === undefined ? {} : { env: { SOTP_REDIS_URL: options.redis } }),
});
const address = await sotp.ready;
const call = await signIn(address);
const roots = [sotp.pid, switches.pid];
const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

const metricsText = async () => (await fetch(`${address}/metrics`)).text();

/** Lines of /metrics as [name, labels, value]. */
async function metrics(): Promise<[string, string, number][]> {
  return (await metricsText()).split('\n').flatMap((line) => {
    const [key = '', value] = line.split(/ (?=\S+$)/);
    const [, family = '', labels = ''] = /^sotp_([a-z_]+)(\{.*\})?$/.exec(key) ?? [];
    return family === '' ? [] : [[family, labels, Number(value)] as [string, string, number]];
  });
}

async function metric(name: string): Promise<number> {
  return (await metrics()).reduce((sum, [family, , value]) => (family === name ? sum + value : sum), 0);
}

/**
 * Heaps by process number, as their last full collections left them. What is in use between two of them is no measure:
 * the generations fill up and are emptied, and half an hour has too few of these waves to tell one from a leak.
 */
async function heaps(): Promise<Map<number, number>> {
  const all = await metrics();
  const of = (name: string) => all.filter(([family]) => family === name);
  const pids = new Map(of('process_pid').map(([, labels, pid]) => [labels, pid]));
  return new Map(of('process_heap_kept_bytes').map(([, labels, bytes]) => [pids.get(labels) ?? 0, bytes]));
}

const importedInSeconds = await importAll(call, fleet);
say(`imported in ${importedInSeconds.toFixed(1)} s`);

const addedAt = performance.now();
const before0 = cpuSeconds(roots);
let known = 0;
// Looking costs the hub half a millisecond a device.
const lookMs = Math.max(5_000, devices);
for (let ended = false; !ended; await sleep(ended ? 0 : lookMs)) {
  known = await knownDevices(call, startedAtMs).catch(() => known);
  const spent = (performance.now() - addedAt) / 1_000;
  ended = known === answering || spent > Number(options.known);
  const cores = Object.entries(percentOver(before0, roots, addedAt)).map(
    ([name, { cpuPercent, rssMb }]) => `${name} ${Math.round((cpuPercent * spent) / 100)} s ${rssMb} MB`,
  );
  const skipped = await metric('polls_skipped_total');
  say(`${Math.round(spent)} s: ${known} known, ${skipped} polls skipped; CPU ${cores.join(', ')}`);
}
const knownInSeconds = Math.round((performance.now() - addedAt) / 1_000);
// What answers people takes its memory, and its code gets warm, before anything is measured.
const first = await useApi(address);
await sleep(Number(options.warm) * MINUTE_MS);
await first.end();

async function measure(intervalMs: number): Promise<string[]> {
  // First without anyone who uses the API: all that the hub does then is to schedule, and to keep house.
  const quietFrom = performance.now();
  const quietBefore = cpuSeconds(roots);
  await sleep(Number(options.quiet) * 1_000);
  const quiet = percentOver(quietBefore, roots, quietFrom);

  const user = await useApi(address);

  const skipsOf = async () =>
    new Map((await metrics()).filter(([name]) => name === 'polls_skipped_total').map(([, labels, n]) => [labels, n]));
  const skippedBefore = await skipsOf();
  const refusedBefore = await metric('samples_dropped_total');
  const samplesBefore = await metric('samples_stored_total');
  const from = Date.now();
  const before = cpuSeconds(roots);
  const startedAt = performance.now();
  const watch = createGrowthWatch(sotp.pid, /^sotp/, heaps);
  const lags: { p50: number; p99: number }[] = [];
  const metricsBefore = await metricsText();
  let told = metricsBefore;
  let made = 0;
  let counted = 0;
  while (counted < minutes) {
    await sleep(15_000);
    const text = await metricsText();
    lags.push(lagMs(told, text));
    told = text;
    await watch.read();
    if (Date.now() < from + (counted + 1) * MINUTE_MS + SETTLED_MS) continue;
    const minute = from + counted * MINUTE_MS;
    const stored = await storedPolls(sotp.dataDir, options.database, minute, minute + MINUTE_MS);
    made += stored;
    counted++;
    const cores = Object.entries(percentOver(before, roots, startedAt)).map(([name, c]) => `${name} ${c.cpuPercent} %`);
    say(`minute ${counted}: ${stored} polls, lag p99 ${lags.at(-1)?.p99.toFixed(0)} ms; ${cores.join(', ')}`);
  }
  const lag = lagMs(metricsBefore, await metricsText());
  const asked = (await user.end()).filter(({ at }) => at >= from);
  const refused = asked.filter((one) => one.refused).length;
  const seconds = (performance.now() - startedAt) / 1_000;
  const cost = percentOver(before, roots, startedAt);
  const skipped = [...(await skipsOf())].flatMap(([labels, n]) => {
    const more = n - (skippedBefore.get(labels) ?? 0);
    return more > 0 ? [`${more} ${/reason="(\w+)"/.exec(labels)?.[1] ?? ''}`] : [];
  });
  const lost = (await metric('samples_dropped_total')) - refusedBefore;
  const samples = (await metric('samples_stored_total')) - samplesBefore;
  const summary = await call<{ byStatus: Record<string, number> }>('GET', '/devices/summary');
  let disk: Record<string, number> | null = null;
  try {
    disk = diskMb(sotp.dataDir);
  } catch {
    // A file or folder went away while it was looked at.
  }
  function apiMs(q: number, name?: string): number {
    const ms = asked.flatMap((one) => (name === undefined || one.name === name ? [one.ms] : []));
    return Number(quantile(ms, q).toFixed(1));
  }
  for (const { name, at, ms } of asked.toSorted((a, b) => b.ms - a.ms).slice(0, 12)) {
    say(`slow: ${name} at ${new Date(at).toISOString().slice(11, 23)} took ${ms.toFixed(0)} ms`);
  }

  const expected = (devices * minutes * MINUTE_MS) / intervalMs;
  const cores = ((cost['collector']?.cpuPercent ?? 0) + (cost['postgres']?.cpuPercent ?? 0)) / 100;
  const growth = watch.growth();
  const report = {
    bench: 'scale',
    backEnd: options.redis === undefined ? 'postgres' : 'redis',
    devices,
    answering,
    ports: shape.ports,
    intervalSeconds: intervalMs / 1_000,
    collectors: Number(options.collectors),
    minutes,
    measuredSeconds: Math.round(seconds),
    importedInSeconds: Number(importedInSeconds.toFixed(1)),
    known,
    knownInSeconds,
    lagMs: lag,
    worstLagMs: { p50: Math.max(...lags.map(({ p50 }) => p50)), p99: Math.max(...lags.map(({ p99 }) => p99)) },
    polls: { expected, stored: made, missed: expected - made, skipped, samplesLost: lost },
    byStatus: Object.fromEntries(Object.entries(summary.byStatus).filter(([, n]) => n > 0)),
    apiMs: {
      requests: asked.length,
      refused,
      p50: apiMs(0.5),
      p99: apiMs(0.99),
      max: apiMs(1),
      byPath: Object.fromEntries(
        [...new Set(asked.map(({ name }) => name))].map((name) => [name, [apiMs(0.5, name), apiMs(0.99, name)]]),
      ),
    },
    schedulerCpuPercent: quiet['hub']?.cpuPercent,
    collectorAndDatabaseCores: Number(cores.toFixed(3)),
    usPerSample: Number(((cores * 1e6 * seconds) / samples).toFixed(3)),
    cost,
    disk,
    growth,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return [
    report.lagMs.p99 > BARS.lagP99Ms && 'lag',
    report.polls.missed > BARS.missed && 'missed polls',
    report.apiMs.p99 > BARS.apiP99Ms && 'API',
    refused > 0 && 'refused requests',
    lost > 0 && 'lost samples',
    (report.schedulerCpuPercent ?? 100) > BARS.schedulerPercent && 'scheduler',
    cores > BARS.cores && 'collector and database',
    ...Object.entries(minutes < SOAK.minutes ? {} : growth).flatMap(
      ([name, { rssMiBPerHour, heapMiBPerHour, fds }]) => [
        rssMiBPerHour > SOAK.rssMiB && `memory of ${name}`,
        (heapMiBPerHour ?? 0) > SOAK.heapMiB && `heap of ${name}`,
        fds[1] > fds[0] && `open files of ${name}`,
      ],
    ),
  ].filter((what) => what !== false);
}

const failures = await measure(intervalMs);
for (const ms of laterMs) {
  const startedAt = performance.now();
  await changeIntervals(call, ms / 1_000);
  say(`every ${ms / 1_000} s now; changed in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  await sleep(Number(options.warm) * MINUTE_MS);
  failures.push(...(await measure(ms)));
}
sotp.kill('SIGTERM');
const { status } = await sotp.ended;
if (status !== 0) failures.push(`an exit with ${status}`);
switches.stop();

if (failures.length === 0 && options.data === undefined) rmSync(root, { recursive: true, force: true });
else say(`below the bar: ${failures.join(', ')}; logs are in ${root}`);
process.exit(failures.length === 0 ? 0 : 1);
