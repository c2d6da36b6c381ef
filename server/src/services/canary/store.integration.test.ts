import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createCanaryReader } from '#stores/canary/postgres.ts';
import { createPackedLogStore } from '#stores/logs/packed/packed.ts';
import { lineOf } from '#stores/logs/testing.ts';
import { createPackedMetricStore } from '#stores/metrics/packed/packed.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import { CANARY_DEVICE, canaryLayout } from './layout.ts';

const HOUR = 3_600_000;
const layouts = { a: canaryLayout('a/1'), b: canaryLayout('b/1') };
const row = (from: keyof typeof layouts, sequence: number, at: number) => ({
  deviceId: CANARY_DEVICE,
  at,
  polledAt: at,
  restarted: false,
  layout: layouts[from],
  values: Float64Array.of(17, sequence),
});

test('samples of the canary are read back by who sent them, are in no list, and are gone when their hour is packed', async (t) => {
  const { pg, close } = await openTestDatabase();
  t.after(close);
  const hour = Math.floor(Date.now() / HOUR) * HOUR - 3 * HOUR;
  const store = createPackedMetricStore({ pg, clock: systemClock, log: silentLog, compactionLagMs: 0 });
  const reader = createCanaryReader(pg);
  const device = { ...row('a', 0, hour + 5), deviceId: 1, layout: { series: [...layouts.a.series] } };
  await store.write([row('a', 1, hour + 1), row('b', 1, hour + 2), row('a', 2, hour + 3), device]);
  const { samples, now } = await reader.read(hour + 2, hour + 4);
  assert.deepEqual(samples, [
    { collector: 'b/1', boot: 17, sequence: 1, sentAt: hour + 2 },
    { collector: 'a/1', boot: 17, sequence: 2, sentAt: hour + 3 },
  ]);
  assert.ok(Math.abs(now - Date.now()) < 60_000);
  assert.deepEqual([...new Set((await store.series({ limit: 10 })).map(({ deviceId }) => deviceId))], [1]);
  await store.maintain(Date.now());
  assert.equal((await reader.read(hour, hour + HOUR)).samples.length, 0);
  const { rows } = await pg.query<{ devices: number[] }>(
    `select array_agg(distinct device_id) as devices
     from (select device_id from metric_packed union all select device_id from metric_packed_day) as packed`,
  );
  assert.deepEqual(rows[0]?.devices, [1]);
});

test('lines of the canary are kept for an hour, others for as long as asked', async (t) => {
  const { pg, close } = await openTestDatabase();
  t.after(close);
  const store = createPackedLogStore({ pg });
  const now = Date.now();
  const canary = { source: 'system', app: 'sotp-canary', severity: 7 } as const;
  for (const receivedAt of [now - 2 * HOUR, now - HOUR / 2]) {
    await store.write(
      store.pack([lineOf('one', { receivedAt, ...canary }), lineOf('two', { receivedAt, severity: 7 })]),
    );
  }
  await store.maintain(now);
  const { rows } = await pg.query<{ class: number; lines: number }>(
    'select class, sum(lines)::int as lines from log_block group by class order by class',
  );
  assert.deepEqual(rows, [
    { class: 4, lines: 2 },
    { class: 5, lines: 1 },
  ]);
});
