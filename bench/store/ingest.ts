// Cost of storing polls, and of reading them back: `node bench/store/ingest.ts [devices] [rounds]`.
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { startTestServer } from '../../server/src/stores/postgres/test-server.ts';
import { createPackedMetricStore } from '../../server/src/stores/metrics/packed/packed.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { clientCpu, serverCpu } from './cpu.ts';
import { createFleet } from './fleet.ts';

const devices = Number(process.argv[2] ?? 200);
const rounds = Number(process.argv[3] ?? 60);
const PORTS = 48;
const INTERVAL_MS = 60_000;
const DURABLE = [
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'shared_buffers=128MB',
  'max_wal_size=1GB',
];

const pg = createPostgres({ databaseUrl: await startTestServer(DURABLE), log: silentLog });
await migrate(pg, silentLog);
const store = createPackedMetricStore({ pg, clock: systemClock, log: silentLog });
const fleet = createFleet(devices, PORTS, INTERVAL_MS);
const cpuOfServer = await serverCpu(pg);

const start =
  Math.floor(Date.now() / 3_600_000) * 3_600_000 - Math.ceil((rounds * INTERVAL_MS) / 3_600_000) * 3_600_000;
await store.maintain(Date.now());
const first = fleet.poll(start);
const catalogueAt = performance.now();
await store.write(first);
const catalogueMs = performance.now() - catalogueAt;

let client = 0;
let server = 0;
let generated = 0;
for (let n = 1; n <= rounds; n++) {
  const g = clientCpu();
  const rows = fleet.poll(start + n * INTERVAL_MS);
  generated += clientCpu() - g;
  // Reading /proc costs this process time: it stays outside of what is measured.
  const s = cpuOfServer();
  const c = clientCpu();
  await store.write(rows, { source: 'bench', sequence: n });
  client += clientCpu() - c;
  server += cpuOfServer() - s;
}
const samples = devices * fleet.seriesPerDevice * rounds;
const { rows: size } = await pg.query<{ bytes: number }>(
  `select sum(pg_total_relation_size(inhrelid)) as bytes from pg_inherits where inhparent = 'metric_head'::regclass`,
);

async function timed(label: string, runs: number, fn: () => Promise<unknown>): Promise<[string, number]> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const t = performance.now();
    await fn();
    times.push(performance.now() - t);
  }
  return [label, times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0];
}
const series = await store.series({ deviceIds: [7], limit: 10_000 });
const octets = series.filter((s) => s.metric === 'ifHCInOctets' || s.metric === 'ifHCOutOctets');
const window = { from: start, to: start + (rounds + 1) * INTERVAL_MS };
const queries = [
  await timed('one series, its whole time, 60 s', 15, () =>
    store.range({ series: octets.slice(0, 1), fn: 'rate', stepMs: 60_000, ...window }),
  ),
  await timed('48 interfaces in and out, 5 min', 15, () =>
    store.range({ series: octets, fn: 'rate', stepMs: 300_000, ...window }),
  ),
  await timed('latest of a device', 15, () => store.latest(series, Date.now() - start)),
];

const us = (seconds: number) => Number(((seconds * 1e6) / samples).toFixed(4));
const result = {
  devices,
  rounds,
  samples,
  clientUsPerSample: us(client),
  serverUsPerSample: us(server),
  bytesPerSampleHead: Number(((size[0]?.bytes ?? 0) / (samples + devices * fleet.seriesPerDevice)).toFixed(2)),
  catalogueMs: Math.round(catalogueMs),
  queriesMs: Object.fromEntries(queries.map(([label, ms]) => [label, Number(ms.toFixed(2))])),
};
console.table({ ...result, queriesMs: undefined });
console.table(result.queriesMs);
console.log(JSON.stringify(result));
await pg.stop();
