// How long queries take at the API, over HTTP, among 10^5 series: `node bench/store/query.ts [devices] [full devices]`. All
// devices have their series and two hours of polls; the full ones a day and two hours of polls and a year of 1-hour spans,
// and each question is asked of another of their series, so that none is answered out of a cache.
import { openTestApi } from '../../server/src/api/testing.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import type { MetricStore } from '../../server/src/stores/metrics/metrics.ts';
import { createPackedMetricStore } from '../../server/src/stores/metrics/packed/packed.ts';
import { createFleet } from './fleet.ts';
import { writeYear } from './year.ts';

const devices = Number(process.argv[2] ?? 200);
const full = Number(process.argv[3] ?? 8);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BARS_MS = { day: 5, interfaces: 50, year: 20 };
const RUNS = 31;

let store: (MetricStore & { now?: number }) | undefined;
let now = Math.floor(Date.now() / HOUR) * HOUR;
const end = now;
const clock = { ...systemClock, now: () => now };
const api = await openTestApi({
  samples: (pg) => (store = createPackedMetricStore({ pg, clock, log: silentLog, compactionLagMs: 0 })),
});
if (!store) throw new Error('no store');
const start = end - 26 * HOUR;
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

async function ask(query: string): Promise<{ ms: number; points: number }> {
  const t = performance.now();
  const response = await fetch(`${address}/api/v1/metrics/query?${query}`, {
    headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'identity' },
  });
  const text = await response.text();
  const ms = performance.now() - t;
  if (response.status !== 200) throw new Error(text);
  const { series } = JSON.parse(text) as { series: { points: [number, number | null][] }[] };
  return { ms, points: series.flatMap((one) => one.points).filter(([, value]) => value !== null).length };
}

async function timed(make: (run: number) => string, runs = RUNS) {
  for (let i = 0; i < 3; i++) await ask(make(runs + i));
  const answers = [];
  for (let i = 0; i < runs; i++) answers.push(await ask(make(i)));
  const sorted = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const ms = (value: number | undefined) => Number((value ?? 0).toFixed(2));
  return { medianMs: ms(sorted[runs >> 1]), p95Ms: ms(sorted[Math.floor(runs * 0.95)]), points: answers[0]?.points };
}
const place = (run: number) => `device=${1 + (run % full)}&label.ifIndex=${1 + ((run * 7) % 48)}`;
const day = `from=${end - 24 * HOUR}&to=${end}`;
const table = {
  day: await timed((run) => `metric=ifHCInOctets&${place(run)}&${day}&step=60s`),
  interfaces: await timed(
    (run) => `metric=ifHC${run % 2 ? 'In' : 'Out'}Octets&device=${1 + (run % full)}&${day}&step=5m`,
  ),
  year: await timed((run) => `metric=ifHCInOctets&${place(run)}&from=${end - 365 * 24 * HOUR}&to=${end}&step=1d`),
  'the same year again': await timed(
    () => `metric=ifHCInOctets&${place(1)}&from=${end - 365 * 24 * HOUR}&to=${end}&step=1d`,
  ),
};
// In and out are two queries of 48 series each: what a page asks at once.
table.interfaces.medianMs = Number((table.interfaces.medianMs * 2).toFixed(2));
const { rows } = await api.pg.query<{ n: number }>('select count(*) as n from metric_series');
const below = Object.entries(BARS_MS).filter(([name, bar]) => table[name as keyof typeof BARS_MS].medianMs > bar);
console.table(table);
console.log(
  JSON.stringify({ bench: 'store query', series: rows[0]?.n, full, ...table, belowBar: below.map(([name]) => name) }),
);
await api.close();
process.exit(below.length > 0 ? 1 : 0);
