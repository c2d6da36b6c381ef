// Whether memory stays flat while samples come in: `node bench/store/memory.ts [devices] [hours]`. Simulated hours are stored,
// packed and rolled up as fast as they go, with a query after each; work for a sample is what it is in real time, and there
// are more ends of hours and days among the samples. The resident memory of this process and of the database's is taken after each hour.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { MALLOC, nodeFlags } from '../../server/src/app/supervisor/role-process.ts';
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { startTestServer } from '../../server/src/stores/postgres/test-server.ts';
import { createPackedMetricStore } from '../../server/src/stores/metrics/packed/packed.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createFleet } from './fleet.ts';

// As the hub runs, whose leader packs.
if (process.env['MALLOC_ARENA_MAX'] === undefined) {
  const { status } = spawnSync(process.execPath, [...nodeFlags('hub', 2), ...process.argv.slice(1)], {
    env: { ...process.env, ...MALLOC },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

const devices = Number(process.argv[2] ?? 10);
const hours = Number(process.argv[3] ?? 130);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MIB = 2 ** 20;
/** The last quarter may lie so much above the second one. */
const GROWTH_MAX = 0.1;

const pg = createPostgres({ databaseUrl: await startTestServer(['shared_buffers=32MB']), log: silentLog });
await migrate(pg, silentLog);
const start = Date.UTC(2026, 9, 24);
let now = start;
const store = createPackedMetricStore({
  pg,
  clock: { ...systemClock, now: () => now },
  log: silentLog,
  compactionLagMs: 0,
  dayLagMs: HOUR,
});
const fleet = createFleet(devices, 48, MINUTE);

/** Private memory of the database's processes, bytes; what they share is as large as it is set. */
async function databaseBytes(): Promise<number> {
  const { rows } = await pg.query<{ pid: number }>('select pg_backend_pid() as pid');
  const statusOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/status`, 'utf8');
    } catch {
      return '';
    }
  };
  const parent = /^PPid:\s*(\d+)/m.exec(statusOf(String(rows[0]?.pid)))?.[1];
  const own = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statusOf);
  const children = own.filter((status) => /^PPid:\s*(\d+)/m.exec(status)?.[1] === parent);
  return children.reduce((sum, status) => sum + Number(/^RssAnon:\s*(\d+)/m.exec(status)?.[1] ?? 0) * 1024, 0);
}

await store.maintain(now);
const taken: { process: number; database: number }[] = [];
for (let n = 0; n < hours * 60; n++) {
  now = start + n * MINUTE;
  await store.write(fleet.poll(now), { source: 'bench', sequence: n });
  if ((n + 1) % 60 > 0) continue;
  now += MINUTE;
  await store.maintain(now);
  const series = await store.series({ deviceIds: [1 + (n % devices)], metric: 'ifHCInOctets', limit: 100 });
  await store.range({ series, from: now - 24 * HOUR, to: now, stepMs: 5 * MINUTE, fn: 'rate' });
  taken.push({ process: process.memoryUsage.rss(), database: await databaseBytes() });
}

/** MiB an hour, by least squares, after the first quarter; and the means of the second and the last quarter. */
function trend(of: 'process' | 'database') {
  const quarter = Math.floor(hours / 4);
  const mib = taken.map((one) => one[of] / MIB);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const settled = mib.slice(quarter);
  const middle = (settled.length - 1) / 2;
  const level = mean(settled);
  const covariance = settled.reduce((sum, value, i) => sum + (i - middle) * (value - level), 0);
  const slope = covariance / settled.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  const [second, last] = [mean(mib.slice(quarter, 2 * quarter)), mean(mib.slice(-quarter))];
  const round = (value: number) => Number(value.toFixed(2));
  return {
    secondQuarterMib: round(second),
    lastQuarterMib: round(last),
    mostMib: round(Math.max(...mib)),
    slopeMibPerHour: round(slope),
  };
}
const table = { process: trend('process'), database: trend('database') };
const samples = devices * fleet.seriesPerDevice * hours * 60;
const belowBar = Object.entries(table).filter(
  ([, one]) => one.lastQuarterMib > one.secondQuarterMib * (1 + GROWTH_MAX),
);
console.table(table);
console.log(
  JSON.stringify({
    bench: 'store memory',
    devices,
    hours,
    samples,
    ...table,
    belowBar: belowBar.map(([name]) => name),
  }),
);
await pg.stop();
process.exit(belowBar.length > 0 ? 1 : 0);
