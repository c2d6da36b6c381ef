import type { Clock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { NewDevice } from '#stores/devices/devices.ts';
import { createDeviceStore } from '#stores/devices/postgres.ts';
import type { PollRow } from '#stores/metrics/metrics.ts';
import { createPackedMetricStore } from '#stores/metrics/packed/packed.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Half past, so that nothing waits for the hour to settle; today, so that tasks and alerts are dated as they are. */
export const NOW = Math.floor(Date.now() / HOUR_MS) * HOUR_MS + HOUR_MS / 2;
export const TO = NOW - HOUR_MS / 2;
export const HOSTILE = '<img src=x onerror=alert(1)>';

const layouts = Object.fromEntries(
  ['icmp', 'snmp'].map((collector) => {
    const one = { labels: { collector }, unit: null, kind: 'gauge' as const };
    return [
      collector,
      {
        series: [
          { ...one, metric: 'collector_up', kind: 'state' as const },
          { ...one, metric: 'collector_duration_ms' },
        ],
      },
    ];
  }),
);

/** What a collector that polls every five minutes made of the two days before now; undefined: it did not poll. */
function polls(deviceId: number, collector: string, up: (hour: number) => boolean | undefined): PollRow[] {
  const rows: PollRow[] = [];
  for (let at = TO - 48 * HOUR_MS; at < TO; at += 5 * MINUTE_MS) {
    const answered = up(Math.floor((at - TO) / HOUR_MS) + 48);
    if (answered === undefined) continue;
    const values = Float64Array.of(answered ? 1 : 0, 3);
    rows.push({ deviceId, at, polledAt: at, restarted: false, layout: layouts[collector]!, values });
  }
  return rows;
}

/** Two file systems of 1,000 octets: one grows by two an hour and is at 900 now, the other one is level at 100. */
function disks(deviceId: number): PollRow[] {
  const of = (metric: string, storage: string) => {
    const labels = { storage, index: storage, kind: 'storage' };
    return { metric, labels, unit: 'octets', kind: 'gauge' as const };
  };
  const layout = {
    series: [
      of('hrStorageUsed', '/grows'),
      of('hrStorageSize', '/grows'),
      of('hrStorageUsed', '/level'),
      of('hrStorageSize', '/level'),
    ],
  };
  return Array.from({ length: 48 }, (_, n) => {
    const at = NOW - (47 - n) * HOUR_MS - MINUTE_MS;
    const values = Float64Array.of(900 - 2 * (47 - n), 1_000, 100, 1_000);
    return { deviceId, at, polledAt: at, restarted: false, layout, values };
  });
}

/** Devices that were up, down and unknown in ways that are known, with the stores that hold them. */
export async function fillInventory(pg: Postgres, clock: Clock) {
  const devices = createDeviceStore(pg);
  const five = (name: string) => ({ name, intervalSeconds: 300, settings: {} });
  const make = (name: string, collectors: NewDevice['collectors'] = [five('icmp')]) =>
    devices.create({
      name,
      address: name,
      endpoint: name,
      site: null,
      tags: [],
      credentialIds: [],
      collectors,
      parentIds: [],
    });
  const ids = {
    well: await make('well', [five('icmp'), five('snmp')]),
    down: await make(HOSTILE),
    half: await make('half'),
    silent: await make('silent'),
    young: await make('young'),
    off: await make('off'),
    fresh: await make('fresh'),
  };
  await pg.query(`update device set created_at = to_timestamp($1::float8 / 1000)`, [TO - 1_000 * HOUR_MS]);
  await pg.query(`update device set created_at = to_timestamp($2::float8 / 1000) where id = $1`, [
    ids.young,
    TO - 12 * HOUR_MS,
  ]);
  await pg.query(`update device set created_at = to_timestamp($2::float8 / 1000) where id = $1`, [ids.fresh, NOW]);
  await devices.update(ids.off, { disabled: true });
  const metrics = createPackedMetricStore({ pg, clock, log: silentLog, compactionLagMs: 0 });
  await metrics.write([
    ...polls(ids.well, 'icmp', () => true),
    // A collector that gets no answer while another one does: the device is there.
    ...polls(ids.well, 'snmp', (hour) => hour >= 24),
    ...polls(ids.down, 'icmp', (hour) => hour < 36),
    ...polls(ids.half, 'icmp', (hour) => (hour < 24 ? true : undefined)),
    ...polls(ids.young, 'icmp', (hour) => (hour < 36 ? undefined : true)),
  ]);
  await metrics.write(disks(ids.well));
  // Yesterday's hours are told by roll-ups, today's by polls.
  await metrics.maintain(NOW);
  return { devices, metrics };
}
