import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '#platform/log.ts';
import { systemClock } from '#platform/clock.ts';
import type { Layout, MetricStore, PollRow, RangeQuery, StoredSeries } from '#stores/metrics/metrics.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { createPackedMetricStore } from './packed.ts';
import { createLooks } from './look.ts';
import { createRangeCache } from './range-cache.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T = Date.UTC(2026, 9, 24);
const NOW = T + 10 * HOUR;
let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());

const layout: Layout = { series: [{ metric: 'c', labels: {}, unit: null, kind: 'counter' }] };
const poll = (deviceId: number, minute: number): PollRow => {
  const at = T + minute * MINUTE;
  return { deviceId, at, polledAt: at, restarted: false, layout, values: Float64Array.of(minute * minute) };
};
const open = () =>
  createPackedMetricStore({ pg: db.pg, clock: { ...systemClock, now: () => NOW }, log: silentLog, compactionLagMs: 0 });

/** A cached range over a plain one that says how it was asked. */
function watched(store: MetricStore) {
  const asked: number[] = [];
  const looks = createLooks(db.pg, systemClock);
  const { range } = createRangeCache(looks, async (query, signal) => {
    asked.push(Math.ceil((query.to - query.from) / query.stepMs));
    const results = await store.range(query, signal);
    return results.map(({ series, points }) => ({
      series,
      values: Float64Array.from(points, ([, value]) => value ?? Number.NaN),
    }));
  });
  // The store writes behind its back, as another process would, whose doings are seen a moment later.
  const cached: typeof range = (query, signal) => {
    looks.forget();
    return range(query, signal);
  };
  return { cached, asked };
}
async function seriesOf(store: MetricStore, deviceId: number): Promise<StoredSeries[]> {
  return store.series({ deviceIds: [deviceId], limit: 1 });
}

test('what is packed is read once, whatever moves; the rest every time', async () => {
  const store = open();
  await store.write(Array.from({ length: 600 }, (_, minute) => poll(1, minute)).filter((_, minute) => minute < 590));
  await store.maintain(T + 8 * HOUR);
  const { cached, asked } = watched(store);
  const query = { series: await seriesOf(store, 1), fn: 'rate' as const, stepMs: MINUTE };
  for (const moved of [0, 1, 2, 30]) {
    const span = { from: T + (60 + moved) * MINUTE, to: T + (560 + moved) * MINUTE };
    const [got] = await cached({ ...query, ...span });
    assert.deepEqual(got?.points, (await open().range({ ...query, ...span }))[0]?.points);
    assert.equal(got?.points.length, 500);
  }
  // All of it once; then only from 08:00 on.
  assert.deepEqual(asked, [500, 81, 82, 110]);
});

test('late rows are in the answers at once, before and after they are packed, and so is what grew from them', async () => {
  const store = open();
  const minutes = Array.from({ length: 540 }, (_, minute) => minute);
  const late = (minute: number) => minute >= 100 && minute < 180;
  await store.write(minutes.filter((minute) => !late(minute)).map((minute) => poll(2, minute)));
  await store.maintain(T + 9 * HOUR);
  const { cached } = watched(store);
  const queries: RangeQuery[] = [];
  for (const fn of ['rate', 'increase', 'last', 'max', 'p95'] as const) {
    for (const stepMs of [MINUTE, 5 * MINUTE]) {
      queries.push({ series: await seriesOf(store, 2), fn, stepMs, from: T, to: T + 9 * HOUR });
    }
  }
  const compare = async () => {
    for (const query of queries) {
      for (let again = 0; again < 2; again++) {
        const [got] = await cached(query);
        assert.deepEqual(got?.points, (await open().range(query))[0]?.points, `${query.fn} ${query.stepMs}`);
      }
    }
  };
  await compare();
  await store.write(
    minutes
      .filter(late)
      .slice(0, 40)
      .map((minute) => poll(2, minute)),
  );
  await compare();
  await store.maintain(T + 9 * HOUR);
  await compare();
  await store.write(
    minutes
      .filter(late)
      .slice(40)
      .map((minute) => poll(2, minute)),
  );
  await store.maintain(T + 9 * HOUR);
  await compare();
});
