import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { TIMESCALE_MIGRATIONS_DIR, migrate } from '#stores/postgres/migrate.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { metricStoreContract } from './metrics.contract.ts';
import type { MetricStore, RangeResult } from './metrics.ts';
import { createPackedMetricStore } from './packed/packed.ts';
import { sumUpHours } from './timescale/hours.ts';
import { createTimescaleMetricStore } from './timescale/timescale.ts';

const NOW = Date.UTC(2026, 9, 25, 12, 34, 56);
const FAR_AHEAD_MS = -7 * 86_400_000;
const serverUrl = process.env['SOTP_TEST_TIMESCALE_URL'];

if (serverUrl === undefined) {
  const skip = 'SOTP_TEST_TIMESCALE_URL does not name a PostgreSQL server with TimescaleDB, which no registry has';
  test('the metric store on TimescaleDB', { skip }, () => undefined);
} else {
  const clock = { ...systemClock, now: () => NOW };
  for (const packed of [false, true]) {
    describe(`MetricStore on TimescaleDB, ${packed ? 'every hour moved before each look' : 'as it comes'}`, () => {
      let db: TestDatabase;
      before(async () => {
        db = await openTestDatabase({ timeZone: 'Europe/Berlin', serverUrl });
        await migrate(db.pg, silentLog, TIMESCALE_MIGRATIONS_DIR, 'schema_migrations_timescale');
      });
      after(() => db.close());

      function again(): MetricStore {
        const compactionLagMs = packed ? FAR_AHEAD_MS : undefined;
        const store = createTimescaleMetricStore({
          pg: db.pg,
          clock,
          log: silentLog,
          // Retention is TimescaleDB's work and goes by the server's clock, for which the suite's time is long ago.
          retention: { rawDays: 3_650, fiveMinuteDays: 3_650, hourDays: 3_650 },
          ...(compactionLagMs === undefined ? {} : { compactionLagMs }),
        });
        if (!packed) return store;
        return {
          ...store,
          async range(query, signal) {
            await store.maintain(NOW);
            return store.range(query, signal);
          },
          async latest(series, maxAgeMs, signal) {
            await store.maintain(NOW);
            return store.latest(series, maxAgeMs, signal);
          },
        };
      }

      metricStoreContract({ open: async () => again(), again, now: NOW });
    });
  }
}

/** A database of its own, in which hours are moved at once and nothing is too old. */
async function openTimescale() {
  const db = await openTestDatabase(serverUrl === undefined ? {} : { serverUrl });
  await migrate(db.pg, silentLog, TIMESCALE_MIGRATIONS_DIR, 'schema_migrations_timescale');
  const retention = { rawDays: 3_650, fiveMinuteDays: 3_650, hourDays: 3_650 };
  const clock = { ...systemClock, now: () => NOW };
  const store = createTimescaleMetricStore({ pg: db.pg, clock, log: silentLog, retention, compactionLagMs: 0 });
  return { db, store };
}

test(
  'what was packed is read as it was while it is moved, day by day, and afterwards; nothing is missing or double',
  { skip: serverUrl === undefined ? 'SOTP_TEST_TIMESCALE_URL is not set' : false },
  async () => {
    const db = await openTestDatabase(serverUrl === undefined ? {} : { serverUrl });
    const clock = { ...systemClock, now: () => NOW };
    const HOUR = 3_600_000;
    const deps = { pg: db.pg, clock, log: silentLog, retention: { rawDays: 3_650 } };
    const packed = createPackedMetricStore({ ...deps, compactionLagMs: 0, dayLagMs: 0 });
    const layout = {
      series: [
        { metric: 'g', labels: {}, unit: null, kind: 'gauge' as const },
        { metric: 'c', labels: {}, unit: null, kind: 'counter' as const },
      ],
    };
    const from = NOW - 80 * HOUR - (NOW % HOUR);
    const polls = Array.from({ length: 80 * 12 }, (_, n) => {
      const at = from + n * 300_000;
      const values = Float64Array.of(Math.sin(n) * 100, n * n);
      return [1, 2].map((deviceId) => ({ deviceId, at, polledAt: at, restarted: n === 500, layout, values }));
    }).flat();
    await packed.write(polls);
    await packed.maintain(NOW);
    const series = await packed.series({ deviceIds: [1, 2], limit: 10 });
    // Of counters nobody asks for means: roll-ups do not keep them.
    const asked = { g: ['avg', 'last', 'min', 'max', 'sum'], c: ['last', 'rate', 'increase'] } as const;
    const queries = (['g', 'c'] as const).flatMap((metric) =>
      asked[metric].flatMap((fn) =>
        [300_000, HOUR, 24 * HOUR].map((stepMs) => {
          return { series: series.filter((one) => one.metric === metric), fn, from: from - HOUR, to: NOW, stepMs };
        }),
      ),
    );
    const ask = (store: MetricStore) => Promise.all(queries.map((query) => store.range(query)));
    const truth = await ask(packed);
    await migrate(db.pg, silentLog, TIMESCALE_MIGRATIONS_DIR, 'schema_migrations_timescale');
    const store = createTimescaleMetricStore(deps);
    assertSame(await ask(store), truth);
    // A few device days, then an interruption; then the rest.
    const stopping = new AbortController();
    const part = await store.mover.run({ deadline: Infinity, tell: () => stopping.abort() }, stopping.signal);
    assert.equal(part.days, 1);
    assertSame(await ask(store), truth);
    // TimescaleDB sums up what is there, and takes no other hours for new from then on.
    await sumUpHours(db.pg, 0);
    assertSame(await ask(store), truth);
    await store.mover.run({ deadline: Infinity });
    assert.equal(await store.mover.isNeeded(), false);
    assertSame(await ask(store), truth);
    await db.close();
  },
);

test(
  'hours that were summed up into the columnstore are those of their five minutes, each once, also after late rows',
  { skip: serverUrl === undefined ? 'SOTP_TEST_TIMESCALE_URL is not set' : false },
  async () => {
    const { db, store } = await openTimescale();
    // So many series that the spans of an hour fill more than one batch, and batches end within a series.
    const labels = Array.from({ length: 200 }, (_, n) => ({ ifIndex: String(n) }));
    const layout = {
      series: labels.map((own) => ({ metric: 'c', labels: own, unit: null, kind: 'counter' as const })),
    };
    const first = NOW - (NOW % 3_600_000) - 6 * 3_600_000;
    const poll = (n: number) => {
      const at = first + n * 300_000;
      const values = Float64Array.from(labels, (_, i) => n * (i + 1));
      return [1, 2].map((deviceId) => ({ deviceId, at, polledAt: at, restarted: false, layout, values }));
    };
    const polls = Array.from({ length: 48 }, (_, n) => n);
    const late = [17, 18];
    for (const come of [polls.filter((n) => !late.includes(n)), late]) {
      await store.write(come.flatMap(poll));
      await store.maintain(NOW);
      const { rows } = await db.pg.query<{ hours: number; doubles: number; wrong: number }>(
        `with five as (select layout_id, position, date_bin('1 hour', at, 'epoch') as hour, sum(count) as count, sum(increase) as grown
                       from (select * from metric_ts_rollup_5m offset 0) s group by 1, 2, 3)
         select count(*) as hours, count(*) - count(distinct (h.layout_id, h.position, h.at)) as doubles,
           count(*) filter (where five.count is distinct from h.count or five.grown is distinct from h.increase) as wrong
         from metric_ts_rollup_1h h left join five on five.layout_id = h.layout_id and five.position = h.position and five.hour = h.at`,
      );
      assert.deepEqual(rows, [{ hours: 2 * 200 * 4, doubles: 0, wrong: 0 }]);
      if (come === late) continue;
      // What changes behind this is summed up by who changes it.
      await sumUpHours(db.pg, 0);
      // 1: compressed, and nothing else that a policy would find to do: what is loaded is compressed once.
      const { rows: chunks } = await db.pg.query<{ table: string; status: number }>(
        `select distinct h.table_name::text as table, c.status from _timescaledb_catalog.chunk c
         join _timescaledb_catalog.hypertable h on h.id = c.hypertable_id
         where h.table_name in ('metric_ts_value', 'metric_ts_span_5m') order by 1`,
      );
      assert.deepEqual(chunks, [
        { table: 'metric_ts_span_5m', status: 1 },
        { table: 'metric_ts_value', status: 1 },
      ]);
    }
    const [series] = await store.series({ deviceIds: [1], labels: { ifIndex: '0' }, limit: 1 });
    assert.ok(series);
    const [grown] = await store.range({
      series: [series],
      fn: 'increase',
      from: first,
      to: first + 4 * 3_600_000,
      stepMs: 3_600_000,
    });
    assert.deepEqual(
      grown?.points.map(([, value]) => value),
      [11, 12, 12, 12],
    );
    await db.close();
  },
);

test(
  'late rows of two hours that lie ten, twenty or thirty hours apart are summed up, both',
  { skip: serverUrl === undefined ? 'SOTP_TEST_TIMESCALE_URL is not set' : false },
  async () => {
    const { db, store } = await openTimescale();
    const layout = { series: [{ metric: 'g', labels: {}, unit: null, kind: 'gauge' as const }] };
    const HOUR = 3_600_000;
    const last = NOW - (NOW % HOUR) - 2 * HOUR;
    const poll = (deviceId: number, at: number) => {
      return { deviceId, at, polledAt: at, restarted: false, layout, values: Float64Array.of(1) };
    };
    await store.write([poll(1, last + HOUR)]);
    await store.maintain(NOW);
    // What changes behind this is summed up by who changes it.
    await sumUpHours(db.pg, 0);
    for (const apart of [10, 20, 30]) {
      const first = last - apart * HOUR;
      await store.write([poll(apart, first), poll(apart, last)]);
      await store.maintain(NOW);
      const series = await store.series({ deviceIds: [apart], limit: 1 });
      const [result] = await store.range({ series, fn: 'sum', from: first, to: last + HOUR, stepMs: HOUR });
      const found = result?.points.flatMap(([at, value]) => (value === null ? [] : [at])) ?? [];
      assert.deepEqual(found, [first, last], `${apart} hours`);
    }
    await db.close();
  },
);

/** Sums come in another order, so the last digits of means may differ. */
function assertSame(found: readonly RangeResult[][], truth: readonly RangeResult[][]): void {
  for (const [q, results] of truth.entries()) {
    for (const [s, { points }] of results.entries()) {
      for (const [i, [at, value]] of points.entries()) {
        const [foundAt, other] = found[q]?.[s]?.points[i] ?? [];
        const near =
          value === null ? other === null : Math.abs((other ?? Number.NaN) - value) <= Math.abs(value) * 1e-9 + 1e-9;
        assert.ok(
          foundAt === at && near,
          `query ${q}, series ${s}, ${new Date(at).toISOString()}: ${other}, not ${value}`,
        );
      }
    }
  }
}
