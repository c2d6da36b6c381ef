// The packed store against a narrow table with its index, same data, interleaved: `node bench/store/compare.ts [devices]`.
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { startTestServer } from '../../server/src/stores/postgres/test-server.ts';
import { createPackedMetricStore } from '../../server/src/stores/metrics/packed/packed.ts';
import type { PollRow } from '../../server/src/stores/metrics/metrics.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { clientCpu, serverCpu } from './cpu.ts';
import { createFleet } from './fleet.ts';

const devices = Number(process.argv[2] ?? 50);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DURABLE = [
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'shared_buffers=128MB',
  'max_wal_size=1GB',
];

const pg = createPostgres({ databaseUrl: await startTestServer(DURABLE), log: silentLog });
await migrate(pg, silentLog);
await pg.query('create table narrow (series_id int not null, at timestamptz not null, value float8 not null)');
await pg.query('create index narrow_by_series on narrow (series_id, at)');
const start = Date.UTC(2026, 9, 24);
let now = start;
const clock = { ...systemClock, now: () => now };
const store = createPackedMetricStore({ pg, clock, log: silentLog, compactionLagMs: 0 });
const fleet = createFleet(devices, 48, MINUTE);
const cpuOfServer = await serverCpu(pg);

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
  packed: { client: 0, server: 0 },
  compaction: { client: 0, server: 0 },
  narrow: { client: 0, server: 0 },
};
async function measured(part: keyof typeof cost, fn: () => Promise<unknown>): Promise<void> {
  const server = cpuOfServer();
  const client = clientCpu();
  await fn();
  cost[part].client += clientCpu() - client;
  cost[part].server += cpuOfServer() - server;
}
await store.maintain(now);
await store.write(fleet.poll(start - MINUTE));
for (let n = 0; n < 60; n++) {
  now = start + n * MINUTE;
  const rows = fleet.poll(now);
  await measured('packed', () => store.write(rows, { source: 'bench', sequence: n }));
  await measured('narrow', () => pg.copyIn('copy narrow from stdin (format binary)', encodeNarrow(rows)));
}
now = start + HOUR;
await measured('compaction', () => store.maintain(now));
const samples = devices * fleet.seriesPerDevice * 60;
const us = (seconds: number) => Number(((seconds * 1e6) / samples).toFixed(3));
const bytes = async (sql: string) => {
  const { rows } = await pg.query<{ bytes: number }>(sql);
  return Number(((rows[0]?.bytes ?? 0) / samples).toFixed(2));
};
const tier = (table: string) =>
  bytes(
    `select sum(pg_total_relation_size(inhrelid)) as bytes from pg_inherits where inhparent = '${table}'::regclass`,
  );
const table = {
  'packed: store': { clientUs: us(cost.packed.client), serverUs: us(cost.packed.server), bytes: 0 },
  'packed: compaction, roll-ups': {
    clientUs: us(cost.compaction.client),
    serverUs: us(cost.compaction.server),
    bytes: (await tier('metric_packed')) + (await tier('metric_rollup_5m_hour')),
  },
  'narrow table with index, COPY': {
    clientUs: us(cost.narrow.client),
    serverUs: us(cost.narrow.server),
    bytes: await bytes(`select pg_total_relation_size('narrow') as bytes`),
  },
};
console.table(table);
console.log(JSON.stringify({ devices, samples, ...table }));
await pg.stop();
