// The packed store, TimescaleDB and a narrow table with its index, same data, interleaved; with packing, roll-ups and the
// making of days: `node bench/store/compare.ts [devices] [hours] [hours of the narrow table]`. TimescaleDB is measured on the
// server that SOTP_BENCH_TIMESCALE_URL names (a superuser's URL), in a database made for it and dropped again.
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { startTestServer } from '../../server/src/stores/postgres/test-server.ts';
import { createPackedMetricStore } from '../../server/src/stores/metrics/packed/packed.ts';
import type { MetricUsageStore } from '../../server/src/stores/metrics/usage.ts';
import type { PollRow } from '../../server/src/stores/metrics/metrics.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { clientCpu, serverCpu } from './cpu.ts';
import { createFleet } from './fleet.ts';
import { openTimescale } from './timescale.ts';

const devices = Number(process.argv[2] ?? 50);
const hours = Number(process.argv[3] ?? 12);
const narrowHours = Number(process.argv[4] ?? 2);
const timescaleUrl = process.env['SOTP_BENCH_TIMESCALE_URL'];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DURABLE = [
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'shared_buffers=128MB',
  'max_wal_size=1GB',
];

type Cost = Record<'client' | 'server', number>;
type Cpu = Awaited<ReturnType<typeof serverCpu>>;
async function measured(cost: Cost, cpuOfServer: Cpu, fn: () => Promise<unknown>): Promise<void> {
  // Reading /proc costs this process time: it stays outside of what is measured.
  const server = cpuOfServer();
  const client = clientCpu();
  await fn();
  cost.client += clientCpu() - client;
  cost.server += cpuOfServer() - server;
}
const free = (): Cost => ({ client: 0, server: 0 });

const midnight = Date.UTC(2026, 9, 25);
const start = midnight - hours * HOUR;
let now = start;
const clock = { ...systemClock, now: () => now };
const fleet = createFleet(devices, 48, MINUTE);

const pg = createPostgres({ databaseUrl: await startTestServer(DURABLE), log: silentLog });
await migrate(pg, silentLog);
await pg.query('create table narrow (series_id int not null, at timestamptz not null, value float8 not null)');
await pg.query('create index narrow_by_series on narrow (series_id, at)');
const store = createPackedMetricStore({ pg, clock, log: silentLog, compactionLagMs: 0, dayLagMs: HOUR });
const cpuOfServer = await serverCpu(pg);
const timescale = timescaleUrl === undefined ? undefined : await openTimescale(timescaleUrl, clock);

/** The rows of a narrow table as binary COPY: 4 + 8 + 8 bytes of data in 34. */
function encodeNarrow(rows: readonly PollRow[]): Buffer {
  const perRow = 34;
  const count = rows.reduce((sum, row) => sum + row.values.length, 0);
  const buffer = Buffer.alloc(19 + count * perRow + 2);
  buffer.write('PGCOPY\n\xff\r\n\0', 'latin1');
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let o = 19;
  for (const { deviceId, at, values } of rows) {
    const micros = (at - Date.UTC(2000, 0, 1)) * 1_000;
    const high = Math.floor(micros / 2 ** 32);
    for (let i = 0; i < values.length; i++) {
      view.setInt16(o, 3);
      view.setInt32(o + 2, 4);
      view.setInt32(o + 6, deviceId * 1_000 + i);
      view.setInt32(o + 10, 8);
      view.setInt32(o + 14, high);
      view.setUint32(o + 18, micros - high * 2 ** 32);
      view.setInt32(o + 22, 8);
      view.setFloat64(o + 26, values[i]!);
      o += perRow;
    }
  }
  view.setInt16(o, -1);
  return buffer;
}

const cost = {
  packed: { store: free(), hours: free(), days: free() },
  timescale: { store: free(), hours: free(), policies: free() },
  narrow: free(),
};
const rounds = hours * 60;
for (const each of [store, timescale?.store]) await each?.maintain(now);
for (let n = 0; n < rounds; n++) {
  now = start + n * MINUTE;
  const rows = fleet.poll(now);
  const batch = { source: 'bench', sequence: n };
  // The first poll makes the catalogue: it is not counted.
  const [packed, other] = n === 0 ? [free(), free()] : [cost.packed.store, cost.timescale.store];
  await measured(packed, cpuOfServer, () => store.write(rows, batch));
  if (timescale) await measured(other, timescale.cpu, () => timescale.store.write(rows, batch));
  if (n < narrowHours * 60) {
    await measured(cost.narrow, cpuOfServer, () =>
      pg.copyIn('copy narrow from stdin (format binary)', encodeNarrow(rows)),
    );
  }
  if ((n + 1) % 60 > 0) continue;
  now += MINUTE;
  await measured(cost.packed.hours, cpuOfServer, () => store.maintain(now));
  if (timescale) await measured(cost.timescale.hours, timescale.cpu, () => timescale.store.maintain(now));
}
now = midnight + HOUR;
await measured(cost.packed.days, cpuOfServer, () => store.maintain(now));
if (timescale) await measured(cost.timescale.policies, timescale.cpu, () => timescale.runPolicies());

const samples = devices * fleet.seriesPerDevice * (rounds - 1);
const narrowSamples = devices * fleet.seriesPerDevice * Math.min(rounds, narrowHours * 60);
const round = (value: number) => Number(value.toFixed(3));
const us = ({ client, server }: Cost, of = samples) => ({
  clientUs: round((client * 1e6) / of),
  serverUs: round((server * 1e6) / of),
  us: round(((client + server) * 1e6) / of),
});
const sum = (parts: Record<string, Cost>): Cost =>
  Object.values(parts).reduce((a, b) => ({ client: a.client + b.client, server: a.server + b.server }), free());
const bytesOf = async (of: MetricUsageStore, tiers: readonly string[]) => {
  const usage = await of.usage();
  return round(
    usage.tiers.filter(({ tier }) => tiers.includes(tier)).reduce((all, { bytes }) => all + bytes, 0) / samples,
  );
};
const sizes = async (of: MetricUsageStore) => ({
  bytes: await bytesOf(of, ['packed']),
  rollupBytes: await bytesOf(of, ['5m', '1h']),
});
const { rows: narrowSize } = await pg.query<{ bytes: number }>(`select pg_total_relation_size('narrow') as bytes`);
const table = {
  'packed: store': us(cost.packed.store),
  'packed: hours, roll-ups': us(cost.packed.hours),
  'packed: days': us(cost.packed.days),
  'packed: all': { ...us(sum(cost.packed)), ...(await sizes(store)) },
  ...(timescale && {
    'timescale: store': us(cost.timescale.store),
    'timescale: hours, roll-ups': us(cost.timescale.hours),
    'timescale: policies': us(cost.timescale.policies),
    'timescale: all': { ...us(sum(cost.timescale)), ...(await sizes(timescale.store)) },
  }),
  'narrow table with index, COPY': {
    ...us(cost.narrow, narrowSamples),
    bytes: round((narrowSize[0]?.bytes ?? 0) / narrowSamples),
  },
};
if (!timescale) console.log('TimescaleDB is left out: SOTP_BENCH_TIMESCALE_URL does not name a server that has it.');
console.table(table);
console.log(JSON.stringify({ bench: 'store compare', devices, hours, samples, ...table }));
await pg.stop();
await timescale?.close();
