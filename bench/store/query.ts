// How long queries take at the API, over HTTP, among 10^5 series: `node bench/store/query.ts [devices] [full devices]`. All
// devices have their series and two hours of polls; the full ones a day and two hours of polls and a year of 1-hour and
// 1-day spans. Each question is asked of another of their series, so that none is answered out of a cache, and then one of them again.
import { setTimeout as sleep } from 'node:timers/promises';
import { openTestApi } from '../../server/src/api/testing.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import type { MetricStore } from '../../server/src/stores/metrics/metrics.ts';
import { createPackedMetricStore } from '../../server/src/stores/metrics/packed/packed.ts';
import { startAsker } from './asker.ts';
import { clientCpu, serverCpu } from './cpu.ts';
import { createFleet } from './fleet.ts';
import { writeYear } from './year.ts';

const devices = Number(process.argv[2] ?? 200);
const full = Number(process.argv[3] ?? 8);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BARS_MS = { day: 5, interfaces: 50, year: 20 };
const RUNS = 51;
const WARM_UP = 200;

let store: (MetricStore & { now?: number }) | undefined;
/** In the middle of an hour, as most often: its polls are not packed yet. */
const end = Math.floor(Date.now() / HOUR) * HOUR - HOUR / 2;
let now = end;
const clock = { ...systemClock, now: () => now, advance: () => undefined };
const api = await openTestApi({
  clock,
  samples: (pg) => (store = createPackedMetricStore({ pg, clock, log: silentLog, compactionLagMs: 0 })),
});
if (!store) throw new Error('no store');
const start = end - 25.5 * HOUR;
for (const [from, count] of [
  [start, full],
  [end - 2 * HOUR, devices],
] as const) {
  // The same seed gives the same layouts; a device that is full gives its last hours once.
  const fleet = createFleet(count, 48, MINUTE);
  const until = count === full ? end - 2 * HOUR : end;
  for (let at = from; at < until; at += MINUTE) {
    now = at;
    await store.write(fleet.poll(at));
    if ((at + MINUTE) % HOUR === 0) {
      now = at + MINUTE;
      await store.maintain(now);
    }
  }
}
now = end;
await writeYear(
  api.pg,
  Array.from({ length: full }, (_, i) => i + 1),
  end,
);
await store.maintain(now);
await api.pg.query('analyze');

await api.pg.query(
  `insert into device (id, name, address, endpoint, name_key, address_key)
   overriding system value select n, 'sw-' || n, host('10.0.0.0'::inet + n), 'sw-' || n, 'sw-' || n, n::text
   from generate_series(1, $1::int) n`,
  [devices],
);
await api.pg.query('insert into device_state (device_id) select id from device');
const token = await api.tokenFor('viewer');
const address = await api.app.listen({ port: 0, host: '127.0.0.1' });

const asker = startAsker();
async function ask(query: string): Promise<{ ms: number; points: number }> {
  const answered = await asker.ask({ url: `${address}/api/v1/metrics/query?${query}`, token });
  if (answered.error !== undefined) throw new Error(answered.error);
  return answered;
}

const cpuOfServer = await serverCpu(api.pg);
async function timed(make: (run: number) => string, runs = RUNS) {
  const answers = [];
  const server = cpuOfServer();
  const client = clientCpu();
  for (let i = 0; i < runs; i++) answers.push(await ask(make(i)));
  const each = (seconds: number) => Number(((seconds * 1000) / runs).toFixed(2));
  const cpu = { hubCpuMs: each(clientCpu() - client), databaseCpuMs: each(cpuOfServer() - server) };
  const sorted = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const ms = (value: number | undefined) => Number((value ?? 0).toFixed(2));
  return {
    medianMs: ms(sorted[runs >> 1]),
    p95Ms: ms(sorted[Math.floor(runs * 0.95)]),
    ...cpu,
    points: answers[0]?.points,
  };
}
/** A series for each run that no run before had; of the first `devices`. */
const place = (run: number, devicesAsked = full) =>
  `device=${1 + (run % devicesAsked)}&label.ifIndex=${1 + ((Math.floor(run / devicesAsked) * 7) % 48)}`;
/** Half of the full ones are asked about nothing before the figures are taken. */
const warm = Math.ceil(full / 2);
const day = `from=${end - 24 * HOUR}&to=${end}`;
const year = `from=${end - 365 * 24 * HOUR}&to=${end}&step=1d`;
const KINDS = ['Octets', 'UcastPkts', 'MulticastPkts', 'BroadcastPkts'] as const;
const questions = {
  day: (run: number) => `metric=ifHCInOctets&${place(run)}&${day}&step=60s`,
  interfaces: (run: number) =>
    `metric=ifHC${run % 2 ? 'In' : 'Out'}${KINDS[Math.floor(run / 2 / full) % 4]}&device=${1 + (Math.floor(run / 2) % full)}&${day}&step=5m`,
  year: (run: number) => `metric=ifHCInOctets&${place(run)}&${year}`,
};
// A hub that has just loaded all its code may say that it has too much to do.
for (let tries = 1; tries < 20; tries++) {
  const isReady = await ask(questions.year(0)).then(
    () => true,
    () => false,
  );
  if (isReady) break;
  await sleep(500);
}
// A hub that has been running for a while: none of these is asked again.
for (let i = 0; i < WARM_UP; i++) {
  await ask(`metric=ifHCInUcastPkts&${place(i, warm)}&${day}&step=60s`);
  await ask(`metric=ifInErrors&device=${1 + (i % warm)}&${day}&step=${5 + (i % 30)}m`);
  await ask(`metric=ifHCInUcastPkts&${place(i, warm)}&${year}`);
}
const table = {
  'a day, the first question about its device': await timed(
    (run) => questions.day(40 * full + warm + run),
    full - warm,
  ),
  day: await timed(questions.day),
  'the same day again': await timed(() => questions.day(0)),
  interfaces: await timed(questions.interfaces),
  'the same interfaces again': await timed(() => questions.interfaces(0)),
  year: await timed(questions.year),
  'the same year again': await timed(() => questions.year(0)),
};
// In and out are two queries of 48 series each: what a page asks at once.
for (const name of ['interfaces', 'the same interfaces again'] as const) {
  for (const key of ['medianMs', 'p95Ms', 'hubCpuMs', 'databaseCpuMs'] as const) {
    table[name][key] = Number((table[name][key] * 2).toFixed(2));
  }
}
const { rows } = await api.pg.query<{ n: number }>('select count(*) as n from metric_series');
const below = Object.entries(BARS_MS).filter(([name, bar]) => table[name as keyof typeof BARS_MS].medianMs > bar);
console.table(table);
console.log(
  JSON.stringify({ bench: 'store query', series: rows[0]?.n, full, ...table, belowBar: below.map(([name]) => name) }),
);
asker.stop();
await api.close();
process.exit(below.length > 0 ? 1 : 0);
