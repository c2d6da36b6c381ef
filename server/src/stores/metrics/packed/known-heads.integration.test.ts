import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { Layout, PollRow } from '#stores/metrics/metrics.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { createPackedMetricStore } from './packed.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T = Date.UTC(2026, 9, 24);
const NOW = T + 10 * HOUR;
const WIDTH = 64;
let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());

const layout: Layout = {
  series: Array.from({ length: WIDTH }, (_, i) => ({
    metric: `c${i}`,
    labels: {},
    unit: null,
    kind: 'counter' as const,
  })),
};
const poll = (minute: number): PollRow => {
  const at = T + minute * MINUTE;
  const values = Float64Array.from({ length: WIDTH }, (_, i) => minute * minute * (i + 1));
  return { deviceId: 1, at, polledAt: at, restarted: false, layout, values };
};
const open = (pg: Postgres = db.pg) =>
  createPackedMetricStore({ pg, clock: { ...systemClock, now: () => NOW }, log: silentLog, compactionLagMs: 0 });

test('a slice of blocks whose heads are known is read at once, and is right after they were packed anew', async () => {
  let heads = 0;
  const counting: Postgres = {
    ...db.pg,
    copyOut: (sql) => {
      if (/substr\(b\.block, 1, [1-9]/.test(sql)) heads++;
      return db.pg.copyOut(sql);
    },
  };
  const store = open(counting);
  const minutes = Array.from({ length: 8 * 60 }, (_, minute) => minute);
  const isLate = (minute: number) => minute >= 150 && minute < 170;
  await store.write(minutes.filter((minute) => !isLate(minute)).map(poll));
  await store.maintain(T + 8 * HOUR);
  const ask = async (place: number) => {
    const query = {
      series: await store.series({ deviceIds: [1], metric: `c${place}`, limit: 1 }),
      fn: 'rate' as const,
      stepMs: MINUTE,
      from: T + 90 * MINUTE,
      to: T + 8 * HOUR,
    };
    const points = (await store.range(query))[0]?.points ?? [];
    assert.ok(points.some(([, value]) => value !== null));
    assert.deepEqual(points, (await open().range(query))[0]?.points);
  };
  await ask(3);
  assert.equal(heads, 1);
  await ask(40);
  await ask(63);
  assert.equal(heads, 1);
  await store.write(minutes.filter(isLate).map(poll));
  await store.maintain(T + 8 * HOUR);
  await ask(41);
  assert.equal(heads, 2);
  await ask(4);
  assert.equal(heads, 2);
});
