// The database of a whole SOTP is closed, stopped where it stands, or killed: what the API says, whether health answers,
// whether devices are polled on time while the spools drain, and whether all that was polled is stored.
// node bench/spool/outage.ts close|hang|kill [seconds=60] [times=1] [port=23080]. Prints one line of JSON; exits 1 below the bar.
//   close  no server for `seconds`     hang  it is there and does not answer     kill  kill -9, started again `seconds` later
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Device } from '@sotp/contract/devices.ts';
import { phaseOf } from '../../server/src/domain/partition.ts';
import { quantile, rolePids, signIn, startMachine } from '../distribution/sotp.ts';
import { watchDevices } from '../distribution/watched.ts';
import { createFaultyPostgres } from './postgres.ts';

const [kind = 'close', secondsText = '60', timesText = '1', portText = '23080'] = process.argv.slice(2);
const seconds = Number(secondsText);
const times = Number(timesText);
const DEVICES = 500;
const INTERVAL_MS = 10_000;
const PORT = Number(portText);
/** So long after the database has gone the API may still be finding out. */
const NOTICED_MS = 2_000;
const MAX_DRAIN_MS = 30_000;
const MAX_LATE_MS = 1_000;
const MAX_GROWTH_MIB = 50;

const root = mkdtempSync(join(tmpdir(), 'sotp-bench-outage-'));
const server = await createFaultyPostgres();
await server.start();
const watched = await watchDevices(DEVICES, PORT + 81, `127.${Math.floor(PORT / 1_000)}`);
const sotp = startMachine({
  name: 'one',
  root,
  databaseUrl: server.url,
  args: ['--port', String(PORT), '--collectors', '2'],
});
const address = await sotp.ready;
const call = await signIn(address);
const { id: credential } = await call<{ id: string }>('POST', '/credentials', {
  name: 'a',
  kind: 'snmp-v2c',
  secret: { community: 'public' },
});
const collectors = [{ name: 'snmp', intervalSeconds: INTERVAL_MS / 1_000, settings: { port: watched.port } }];
const rows = watched.devices.map((device) => ({ address: device.address, credentials: [credential], collectors }));
await call('POST', '/devices/import', rows);
const byAddress = new Map(
  (await call<{ items: Device[] }>('GET', '/devices?limit=1000')).items.map(({ address: own, id }) => [
    own,
    Number(id),
  ]),
);
const ids = watched.devices.map((device) => byAddress.get(device.address) ?? 0);
for (;;) {
  const { items } = await call<{ items: Device[] }>('GET', '/devices?limit=1000');
  if (items.every(({ status }) => status === 'up')) break;
  await sleep(1_000);
}
await sleep(2 * INTERVAL_MS);

/** A slot whose poll was begun. */
interface Begun {
  readonly key: string;
  readonly slot: number;
  readonly lateMs: number;
  readonly at: number;
}

function polls(from: number, to: number): Begun[] {
  return watched.devices.flatMap(({ asked }, i) => {
    const phase = phaseOf(ids[i]!, 'snmp', INTERVAL_MS);
    const begun = new Map<number, Begun>();
    for (const { at, poll, answered } of asked) {
      if (!poll || !answered || at < from || at > to) continue;
      const slot = Math.floor((at - phase + 100) / INTERVAL_MS) * INTERVAL_MS + phase;
      if (!begun.has(slot)) begun.set(slot, { key: `${ids[i]} ${slot}`, slot, lateMs: at - slot, at });
    }
    return [...begun.values()];
  });
}

const outages: { from: number; to: number; drained: number }[] = [];
const away = (from: number, to: number) => outages.some((one) => from >= one.from + NOTICED_MS && to <= one.to);
const healthMs: number[] = [];
let unhealthy = 0;
const answers = new Map<string, number>();
const answerMs: number[] = [];
let finished = false;

async function askHealth(): Promise<void> {
  while (!finished) {
    const from = performance.now();
    const response = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
    await response?.arrayBuffer();
    healthMs.push(performance.now() - from);
    if (response?.status !== 200) unhealthy++;
    await sleep(200);
  }
}

/** What the API says while the database is away, by status and code. */
async function askApi(): Promise<void> {
  while (!finished) {
    const from = Date.now();
    const said = await call('GET', '/devices?limit=1').then(
      () => '200',
      (error: unknown) => /: (\d+ .*)/.exec(String(error))?.[1] ?? String(error),
    );
    const to = Date.now();
    if (away(from, to)) {
      const [status, code] = [said.slice(0, 3), /"code":"(\w+)"/.exec(said)?.[1] ?? ''];
      const key = `${status} ${code}`.trim();
      answers.set(key, (answers.get(key) ?? 0) + 1);
      answerMs.push(to - from);
    }
    await sleep(1_000);
  }
}

const memory: Record<string, number[]> = {};
async function watchMemory(): Promise<void> {
  while (!finished) {
    for (const role of ['hub', 'collector'] as const) {
      for (const pid of rolePids(sotp.pid, role)) {
        const kB = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
        (memory[`${role} ${pid}`] ??= []).push(Math.round(kB / 1_024));
      }
    }
    await sleep(2_000);
  }
}

/** Polls of the time that are not stored. */
async function missing(begun: readonly Begun[]): Promise<number> {
  const [first = 0, last = 0] = [
    Math.min(...begun.map(({ slot }) => slot)),
    Math.max(...begun.map(({ slot }) => slot)),
  ];
  const rows = await server.query(
    `select distinct device_id || ' ' || round(extract(epoch from at) * 1000)::text as key from metric_head
     where at between to_timestamp(${first / 1_000} - 0.01) and to_timestamp(${last / 1_000} + 0.01)`,
  );
  const stored = new Set(rows.map(({ key }) => String(key)));
  return begun.filter(({ key }) => !stored.has(key)).length;
}

const since = Date.now();
const watching = Promise.all([askHealth(), askApi(), watchMemory()]);
await sleep(INTERVAL_MS);
for (let i = 0; i < times; i++) {
  await sleep(Math.random() * 4_000);
  const outage = { from: Date.now(), to: Number.POSITIVE_INFINITY, drained: -1 };
  outages.push(outage);
  if (kind === 'hang') await server.freeze(true);
  else server.kill();
  await sleep(seconds * 1_000);
  const back = Date.now();
  outage.to = back;
  if (kind === 'hang') await server.freeze(false);
  else await server.start();
  const ready = Date.now();
  const before = polls(outage.from - INTERVAL_MS, back - 1_000);
  while (Date.now() < ready + 4 * MAX_DRAIN_MS) {
    if ((await missing(before)) === 0) {
      outage.drained = Date.now() - ready;
      break;
    }
    await sleep(500);
  }
}
await sleep(2 * INTERVAL_MS);
const until = Date.now() - 5_000;
const begun = polls(since, until);
const lost = await missing(begun);
const [double] = await server.query(
  `select count(*)::int as n from (select count(*) as n from metric_head group by device_id, at, layout_id) as t where n > 1`,
);
finished = true;
await watching;
sotp.kill('SIGTERM');
const { status } = await sotp.ended;
watched.stop();

const inReplay = ({ at }: Begun) =>
  outages.some(({ to, drained }) => at >= to && at <= to + Math.max(drained, 0) + INTERVAL_MS);
const late = (some: readonly Begun[]) => {
  const ms = some.map(({ lateMs }) => lateMs);
  return { p99: Math.round(quantile(ms, 0.99)), max: Math.max(0, ...ms) };
};
const expected = DEVICES * Math.floor((until - since) / INTERVAL_MS - 1);
const growth = Object.fromEntries(
  Object.entries(memory).map(([name, all]) => [name, { start: all[0], max: Math.max(...all), end: all.at(-1) }]),
);
const report = {
  bench: `outage ${kind}`,
  times,
  seconds,
  devices: DEVICES,
  intervalSeconds: INTERVAL_MS / 1_000,
  polls: begun.length,
  missed: Math.max(0, expected - begun.length),
  lost,
  doubled: double?.['n'],
  drainMs: outages.map(({ drained }) => drained),
  lateMs: { replay: late(begun.filter(inReplay)), else: late(begun.filter((one) => !inReplay(one))) },
  health: {
    asked: healthMs.length,
    p99: Math.round(quantile(healthMs, 0.99)),
    max: Math.round(Math.max(...healthMs)),
    unhealthy,
  },
  apiWhileAway: { ...Object.fromEntries(answers), p99Ms: Math.round(quantile(answerMs, 0.99)) },
  rssMiB: growth,
  exit: status,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
await server.stop();
const good =
  lost === 0 &&
  report.doubled === 0 &&
  report.missed === 0 &&
  report.drainMs.every((ms) => ms >= 0 && ms <= MAX_DRAIN_MS) &&
  report.lateMs.replay.max <= MAX_LATE_MS &&
  report.health.p99 <= 1_000 &&
  unhealthy === 0 &&
  [...answers.keys()].every((answer) => answer === '503 database_unavailable') &&
  Object.values(growth).every(({ start = 0, max }) => max - start <= MAX_GROWTH_MIB);
if (good) rmSync(root, { recursive: true, force: true });
else process.stderr.write(`below the bar; logs are in ${root}\n`);
process.exit(good ? 0 : 1);
