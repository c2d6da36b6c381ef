import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { silentLog } from '#platform/log.ts';
import { systemClock } from '#platform/clock.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { metricStoreContract } from './metrics.contract.ts';
import { createPackedMetricStore, keepMsOf } from './packed/packed.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 9, 25, 12, 34, 56);
let db: TestDatabase;
let now = NOW;
const clock = { ...systemClock, now: () => now };
after(() => db.close());
const again = () => createPackedMetricStore({ pg: db.pg, clock, log: silentLog });

async function open() {
  db = await openTestDatabase({ timeZone: 'Europe/Berlin' });
  return again();
}

metricStoreContract({ open, again, now: NOW });

const layout = { series: [{ metric: 'g', labels: {}, unit: null, kind: 'gauge' as const }] };
const row = (deviceId: number, at: number) => ({
  deviceId,
  at,
  polledAt: at,
  restarted: false,
  layout,
  values: Float64Array.of(1),
});

test('hours beyond retention are dropped, and rows that belong there are counted, not stored', async () => {
  const own = await openTestDatabase();
  try {
    const store = createPackedMetricStore({ pg: own.pg, clock, log: silentLog, retention: { rawDays: 1 } });
    await store.write([row(1, NOW - 20 * HOUR), row(1, NOW)]);
    await store.maintain(NOW);
    const polls = async () => {
      const { rows } = await own.pg.query<{ n: number }>(
        'select (select count(*) from metric_head) + (select coalesce(sum(polls), 0) from metric_packed) + (select coalesce(sum(polls), 0) from metric_packed_day) as n',
      );
      return rows[0]?.n;
    };
    assert.equal(await polls(), 2);
    now = NOW + 24 * HOUR;
    await store.maintain(now);
    assert.equal(await polls(), 1);
    await store.write([row(1, NOW - 20 * HOUR), row(1, now), row(1, now + 48 * HOUR)]);
    assert.equal(await polls(), 2);
    assert.deepEqual(store.counters(), { stored: 3, droppedTooOld: 1, droppedInFuture: 1, droppedOutdated: 0 });
  } finally {
    now = NOW;
    await own.close();
  }
});

test('each tier is kept as long as it is told, and a coarser one never shorter than a finer one', async () => {
  assert.deepEqual(keepMsOf({ rawDays: 40, fiveMinuteDays: 30, hourDays: 1 }), {
    packed: 40 * DAY,
    fiveMinutes: 40 * DAY,
    hours: 40 * DAY,
  });
  const own = await openTestDatabase();
  try {
    const retention = { rawDays: 1, fiveMinuteDays: 5, hourDays: 90 };
    const store = createPackedMetricStore({ pg: own.pg, clock, log: silentLog, compactionLagMs: 0, retention });
    await store.write(Array.from({ length: 20 }, (_, n) => row(1, NOW - (20 - n) * HOUR)));
    const tiers = async () => {
      const { rows } = await own.pg.query<Record<string, number>>(
        `select (select count(*) from metric_packed) + (select count(*) from metric_packed_day) as polls,
           (select count(*) from metric_rollup_5m) + (select count(*) from metric_rollup_5m_hour) as five,
           (select count(*) from metric_rollup_1h) as hours`,
      );
      return Object.values(rows[0] ?? {}).map((n) => n > 0);
    };
    for (const [days, left] of [
      [0, [true, true, true]],
      [40, [false, false, true]],
      [130, [false, false, false]],
    ] as const) {
      await store.maintain(NOW + days * DAY);
      assert.deepEqual(await tiers(), left, `after ${days} days`);
    }
  } finally {
    await own.close();
  }
});

test('a row for an hour whose partition was dropped by another process is stored', async () => {
  const store = again();
  const at = NOW - 40 * HOUR;
  await store.write([row(900_001, at)]);
  const { rows } = await db.pg.query<{ name: string }>(
    'select tableoid::regclass::text as name from metric_head where device_id = 900001',
  );
  await db.pg.query(`drop table ${rows[0]?.name}`);
  await store.write([row(900_001, at)]);
  assert.equal((await db.pg.query('select * from metric_head where device_id = 900001')).rowCount, 1);
});

test('the database does not attend to partitions that are dropped within hours', async () => {
  await again().write([row(900_003, NOW)]);
  const { rows } = await db.pg.query<{ options: string[] }>(
    `select c.reloptions || t.reloptions as options from pg_class c join pg_class t on t.oid = c.reltoastrelid
     where c.oid = (select tableoid from metric_head where device_id = 900003)`,
  );
  assert.deepEqual(rows, [
    { options: ['autovacuum_enabled=off', 'toast_tuple_target=4064', 'autovacuum_enabled=off'] },
  ]);
});

test('the view gives live samples to SQL', async () => {
  await again().write([row(900_002, NOW)]);
  const { rows } = await db.pg.query('select metric, value, at from metric_sample where device_id = 900002');
  assert.deepEqual(rows, [{ metric: 'g', value: 1, at: new Date(NOW) }]);
});

test('SQL sees the values that were stored, of rows from before there was a compact form too', async () => {
  const values = [0, 255, 256, 2 ** 32, 2 ** 48 + 1, Number.MAX_SAFE_INTEGER, 2 ** 60, -1, 0.1, Number.NaN, 7];
  const series = values.map((_, i) => ({ metric: `m${i}`, labels: {}, unit: null, kind: 'gauge' as const }));
  const store = again();
  const poll = { deviceId: 900_004, restarted: false, layout: { series }, values: Float64Array.from(values) };
  await store.write([{ ...poll, at: NOW, polledAt: NOW }]);
  const copied = await db.pg.query(
    `insert into metric_head (device_id, layout_id, at, polled_at, restarted, "values")
     select device_id, layout_id, at + interval '1 second', polled_at, restarted, metric_values(whole, "values")
     from metric_head where device_id = 900004`,
  );
  assert.equal(copied.rowCount, 1);
  const { rows } = await db.pg.query<{ values: number[] }>(
    `select array_agg(value order by substr(metric, 2)::int) as values from metric_sample where device_id = 900004 group by at`,
  );
  const told = values.filter((one) => !Number.isNaN(one));
  assert.deepEqual(rows, [{ values: told }, { values: told }]);
  const ranges = await store.range({
    series: await store.series({ deviceIds: [900_004], limit: 99 }),
    fn: 'last',
    from: NOW,
    to: NOW + 2_000,
    stepMs: 1_000,
  });
  const read = ranges.map(({ series: { metric }, points }) => [metric, points.map(([, last]) => last)]);
  const wanted = values.map((one) => (Number.isNaN(one) ? null : one));
  assert.deepEqual(Object.fromEntries(read), Object.fromEntries(wanted.map((one, i) => [`m${i}`, [one, one]])));
});

test('disk use grows by what is stored, per tier and device, and the forecast follows retention', async () => {
  const own = await openTestDatabase();
  try {
    const store = createPackedMetricStore({ pg: own.pg, clock, log: silentLog });
    await store.maintain(NOW);
    const before = await store.usage();
    assert.equal(before.forecastBytes, null, 'nothing tells as long as nothing is packed');
    for (let hour = 6; hour > 0; hour--) {
      await store.write(Array.from({ length: 60 }, (_, n) => row(1, NOW - hour * HOUR + n * 60_000)));
    }
    assert.ok((await store.deviceUsage(1)) > 0);
    assert.equal(await store.deviceUsage(2), 0);
    await store.maintain(NOW);
    const after = await store.usage();
    const bytes = (usage: typeof after, tier: string) => usage.tiers.find((one) => one.tier === tier)?.bytes ?? 0;
    assert.ok(bytes(after, 'packed') > bytes(before, 'packed'));
    assert.ok(bytes(after, '5m') > bytes(before, '5m'));
    const packed = after.tiers.find((one) => one.tier === 'packed');
    // Six hours are there, and 30 days will be.
    const factor = (packed?.forecastBytes ?? 0) / (packed?.bytes ?? 1);
    assert.ok(factor > 100 && factor < 125, String(factor));
    assert.ok((after.forecastBytes ?? 0) > (packed?.forecastBytes ?? Infinity));
    assert.equal(
      after.bytes,
      after.tiers.reduce((sum, one) => sum + one.bytes, 0),
    );
  } finally {
    await own.close();
  }
});
