// The whole life of samples: stored, packed, rolled up, read back: `node bench/store/compaction.ts [devices] [hours] [interval s]`.
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { startTestServer } from '../../server/src/stores/postgres/test-server.ts';
import { createPackedMetricStore } from '../../server/src/stores/metrics/packed/packed.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { clientCpu, serverCpu } from './cpu.ts';
import { createFleet } from './fleet.ts';

const devices = Number(process.argv[2] ?? 40);
const hours = Number(process.argv[3] ?? 6);
const intervalMs = Number(process.argv[4] ?? 60) * 1_000;
const HOUR = 3_600_000;
const DURABLE = [
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'shared_buffers=128MB',
  'max_wal_size=1GB',
];

const pg = createPostgres({ databaseUrl: await startTestServer(DURABLE), log: silentLog });
await migrate(pg, silentLog);
const start = Date.UTC(2026, 9, 24);
let now = start;
const store = createPackedMetricStore({
  pg,
  clock: { ...systemClock, now: () => now },
  log: silentLog,
  compactionLagMs: 0,
});
const fleet = createFleet(devices, 48, intervalMs);
const cpuOfServer = await serverCpu(pg);
const cost = { write: { client: 0, server: 0 }, compact: { client: 0, server: 0 } };

async function measured(part: keyof typeof cost, fn: () => Promise<unknown>): Promise<void> {
  // Reading /proc costs this process time: it stays outside of what is measured.
  const server = cpuOfServer();
  const client = clientCpu();
  await fn();
  cost[part].client += clientCpu() - client;
  cost[part].server += cpuOfServer() - server;
}

await store.maintain(now);
await store.write(fleet.poll(start - intervalMs));
const rounds = (hours * HOUR) / intervalMs;
let sequence = 0;
for (let n = 0; n < rounds; n++) {
  now = start + n * intervalMs;
  const rows = fleet.poll(now);
  await measured('write', () => store.write(rows, { source: 'bench', sequence: sequence++ }));
  if ((n + 1) % (HOUR / intervalMs) === 0) {
    now = start + (n + 1) * intervalMs;
    await measured('compact', () => store.maintain(now));
  }
}
const samples = devices * fleet.seriesPerDevice * (rounds + 1);
const size = async (...tables: string[]) => {
  const { rows } = await pg.query<{ bytes: number | null }>(
    `select sum(pg_total_relation_size(inhrelid)) as bytes from pg_inherits where inhparent = any($1::regclass[])`,
    [tables],
  );
  return Number(((rows[0]?.bytes ?? 0) / samples).toFixed(3));
};

/** Median wall time, and mean CPU time of client and server. */
async function timed(runs: number, fn: () => Promise<unknown>) {
  const times: number[] = [];
  await fn();
  const server = cpuOfServer();
  const client = clientCpu();
  for (let i = 0; i < runs; i++) {
    const t = performance.now();
    await fn();
    times.push(performance.now() - t);
  }
  const ms = (value: number) => Number(value.toFixed(2));
  return {
    wallMs: ms(times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0),
    clientMs: ms(((clientCpu() - client) * 1000) / runs),
    serverMs: ms(((cpuOfServer() - server) * 1000) / runs),
  };
}
const series = await store.series({ deviceIds: [Math.min(7, devices)], limit: 10_000 });
const octets = series.filter((s) => s.metric === 'ifHCInOctets' || s.metric === 'ifHCOutOctets');
const window = { from: start, to: start + hours * HOUR };
const queriesMs = {
  'one series, all hours, every poll': await timed(40, () =>
    store.range({ series: octets.slice(0, 1), fn: 'rate', stepMs: intervalMs, ...window }),
  ),
  '48 interfaces in and out, 5 min': await timed(40, () =>
    store.range({ series: octets, fn: 'rate', stepMs: 300_000, ...window }),
  ),
  'one series, 1 h': await timed(40, () =>
    store.range({ series: octets.slice(0, 1), fn: 'rate', stepMs: HOUR, ...window }),
  ),
};
const us = (seconds: number) => Number(((seconds * 1e6) / samples).toFixed(4));
const usPerSample = {
  writeClient: us(cost.write.client),
  writeServer: us(cost.write.server),
  compactClient: us(cost.compact.client),
  compactServer: us(cost.compact.server),
};
const bytesPerSample = {
  packed: await size('metric_packed', 'metric_packed_day'),
  rollup5m: await size('metric_rollup_5m', 'metric_rollup_5m_hour'),
  rollup1h: await size('metric_rollup_1h'),
};
console.table({
  devices,
  hours,
  intervalSeconds: intervalMs / 1000,
  samples,
  ...usPerSample,
  sum: us(cost.write.client + cost.write.server + cost.compact.client + cost.compact.server),
});
console.table(bytesPerSample);
console.table(queriesMs);
console.log(JSON.stringify({ devices, hours, samples, usPerSample, bytesPerSample, queriesMs }));
await pg.stop();
