// What a report costs among many devices: `node bench/store/report.ts [devices] [days]`. Each device has two collectors that poll it
// every minute, and four file systems: days of 1-hour spans, half a day of 5-minute spans and half an hour of polls, as the compactor would have left them.
// One device in a hundred was down for a while. The report is made once, by a process that has made none before.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import { createReports } from '../../server/src/services/reporting/reports.ts';
import { reportText } from '../../server/src/services/reporting/text.ts';
import { blindDevices } from '../../server/src/services/fleet/blind-devices.ts';
import { createBlindSpots } from '../../server/src/services/fleet/blind-spots.ts';
import { createAlertStore } from '../../server/src/stores/alerts/postgres.ts';
import { createBlindDeviceStore } from '../../server/src/stores/devices/blind.ts';
import { createDeviceStore } from '../../server/src/stores/devices/postgres.ts';
import type { Layout, PollRow } from '../../server/src/stores/metrics/metrics.ts';
import { replaceRollups } from '../../server/src/stores/metrics/packed/blocks.ts';
import type { StoredBlock } from '../../server/src/stores/metrics/packed/blocks.ts';
import { createPackedMetricStore } from '../../server/src/stores/metrics/packed/packed.ts';
import { ROLLUP_1H, ROLLUP_5M_HOURS, ensurePartitions } from '../../server/src/stores/metrics/packed/partitions.ts';
import type { PartitionedTable } from '../../server/src/stores/metrics/packed/partitions.ts';
import { emptyMatrix, encodeRollup } from '../../server/src/stores/metrics/packed/rollup-block.ts';
import { openTestDatabase } from '../../server/src/stores/postgres/testing.ts';
import { clientCpu, serverCpu } from './cpu.ts';

const devices = Number(process.argv[2] ?? 10_000);
const days = Number(process.argv[3] ?? 7);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Of a hub that does much else besides. */
const BARS = { seconds: 60, cpuSeconds: 60, mebibytes: 150 };

const now = Math.floor(Date.now() / DAY) * DAY + 12.5 * HOUR;
const today = Math.floor(now / DAY) * DAY;
const clock = { ...systemClock, now: () => now };
const { pg, close } = await openTestDatabase();
const metrics = createPackedMetricStore({ pg, clock, log: silentLog });

const collectors = ['icmp', 'snmp'];
await pg.query(
  `insert into device (id, name, address, endpoint, name_key, address_key, collectors, created_at)
   overriding system value select n, 'sw-' || n, host('10.0.0.0'::inet + n), 'sw-' || n, 'sw-' || n, n::text, $2::jsonb, to_timestamp(0)
   from generate_series(1, $1::int) n`,
  [devices, JSON.stringify(collectors.map((name) => ({ name, intervalSeconds: 60, settings: {} })))],
);
await pg.query('insert into device_state (device_id) select id from device');

const layouts = collectors.map((collector): Layout => ({
  series: [
    { metric: 'collector_up', labels: { collector }, unit: null, kind: 'state' },
    { metric: 'collector_duration_ms', labels: { collector }, unit: 'ms', kind: 'gauge' },
  ],
}));
for (let at = now - 30 * MINUTE; at < now; at += MINUTE) {
  const rows = Array.from({ length: devices }, (_, i) =>
    layouts.map((layout): PollRow => {
      return { deviceId: i + 1, at, polledAt: at, restarted: false, layout, values: Float64Array.of(1, 3) };
    }),
  );
  await metrics.write(rows.flat());
}

// What is read of file systems, of which each device has four, one of them almost full.
const filesystems: Layout = {
  series: ['/', '/var', '/srv', '/boot'].flatMap((storage) =>
    ['hrStorageUsed', 'hrStorageSize'].map((metric) => {
      const labels = { storage, index: storage, kind: 'storage' };
      return { metric, labels, unit: 'octets', kind: 'gauge' as const };
    }),
  ),
};

const { rows: stored } = await pg.query<{ id: number; device_id: number }>('select id, device_id from metric_layout');
const deviceIds = Array.from({ length: devices }, (_, i) => i + 1);
/** A block in which every poll, or three of four, had an answer. */
function blockOf(start: number, spanMs: number, length: number, answered: number): Buffer {
  const matrix = emptyMatrix(start, spanMs, length, ['state', 'gauge']);
  const polls = spanMs / MINUTE;
  for (const [p, { offset, count, sum, min, max, last }] of matrix.series.entries()) {
    const mean = p === 0 ? answered : 3;
    for (let i = offset; i < offset + length; i++) {
      count[i] = polls;
      sum[i] = polls * mean;
      min[i] = Math.floor(mean);
      max[i] = last[i] = Math.ceil(mean);
    }
  }
  return encodeRollup(matrix);
}
async function fill(of: PartitionedTable, starts: readonly number[], spanMs: number, length: number) {
  await ensurePartitions(pg, of, starts);
  for (const start of starts) {
    const blocks = [blockOf(start, spanMs, length, 1), blockOf(start, spanMs, length, 0.75)] as const;
    const rows = stored.map(({ id, device_id: deviceId }): StoredBlock => {
      return { deviceId, layoutId: id, start, block: blocks[deviceId % 100 === 0 ? 1 : 0] };
    });
    await pg.transaction((tx) => replaceRollups(tx, of, start, deviceIds, rows));
  }
}
const dayStarts = Array.from({ length: days + 1 }, (_, n) => today - (days + 1 - n) * DAY);
const hourStarts = Array.from({ length: 12 }, (_, n) => today + n * HOUR);
await fill(ROLLUP_1H, dayStarts, HOUR, 24);
await fill(ROLLUP_5M_HOURS, hourStarts, 5 * MINUTE, 12);
await metrics.write(
  deviceIds.map((deviceId): PollRow => {
    const at = now - 20 * MINUTE;
    const values = Float64Array.of(10, 100, 20, 100, 95, 100, 1, 100);
    return { deviceId, at, polledAt: at, restarted: false, layout: filesystems, values };
  }),
);
for (const [tier, starts] of [
  ['day', dayStarts],
  ['hour', hourStarts],
] as const) {
  await pg.query(
    `insert into metric_compaction (tier, start, finished_at) select $2, t, now() from unnest($1::timestamptz[]) t`,
    [starts.map((start) => new Date(start)), tier],
  );
}
await pg.query('analyze');

const reports = createReports({
  devices: createDeviceStore(pg),
  metrics: createPackedMetricStore({ pg, clock, log: silentLog }),
  alerts: createAlertStore(pg),
  blindSpots: createBlindSpots({ sources: [blindDevices(createBlindDeviceStore(pg))], clock }),
  clock,
});
global.gc?.();
const before = process.memoryUsage().rss;
let most = before;
const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
const loop = monitorEventLoopDelay({ resolution: 5 });
loop.enable();
const database = await serverCpu(pg);
const [began, ownBefore, databaseBefore] = [performance.now(), clientCpu(), database()];
const report = await reports.make(days);
const seconds = (performance.now() - began) / 1_000;
const [own, theirs] = [clientCpu() - ownBefore, database() - databaseBefore];
clearInterval(watch);
await close();

console.log(reportText(report).split('\n').slice(0, 6).join('\n'));
const result = {
  bench: 'report',
  devices,
  days,
  seconds: Number(seconds.toFixed(1)),
  hubCpuSeconds: Number(own.toFixed(1)),
  databaseCpuSeconds: Number(theirs.toFixed(1)),
  longestStallMs: Math.round(loop.max / 1e6),
  mebibytes: Math.round((most - before) / 2 ** 20),
  upPercent: report.availability?.upPercent,
  missed: report.polls.missed,
};
console.log(JSON.stringify(result));
const right =
  report.devices.counted === devices &&
  result.upPercent === 99.75 &&
  result.missed === 0 &&
  report.filesystems.length === 10;
const within = seconds <= BARS.seconds && own + theirs <= BARS.cpuSeconds && result.mebibytes <= BARS.mebibytes;
process.exit(right && within ? 0 : 1);
