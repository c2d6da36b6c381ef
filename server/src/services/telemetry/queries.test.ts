import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import type { Actor } from '#services/access/actor.ts';
import type { DeviceStore } from '#stores/devices/devices.ts';
import type { MetricStore, MetricUsageStore, RangeQuery, StoredSeries } from '#stores/metrics/metrics.ts';
import { createTelemetry } from './queries.ts';
import type { QueryLimits } from './limits.ts';
import type { SampleQuery, Telemetry } from './queries.ts';

const NOW = Date.UTC(2026, 9, 25, 12);
const MINUTE = 60_000;
const all = { scope: null } as Actor;

/** Two devices of three ports; the value of a port is device * 100 + port * 10 + minute. */
function fixture(limits: Partial<QueryLimits> = {}, slow?: (signal?: AbortSignal) => Promise<void>) {
  const catalogue: StoredSeries[] = [1, 2].flatMap((deviceId) =>
    [1, 2, 3].map((port) => ({
      id: deviceId * 10 + port,
      deviceId,
      metric: 'load',
      labels: { port: `p${port}`, side: port === 3 ? 'b' : 'a' },
      unit: '%',
      kind: 'gauge' as const,
    })),
  );
  const asked: RangeQuery[] = [];
  const metrics = {
    series: async ({ deviceIds, limit }) =>
      catalogue.filter((one) => !deviceIds || deviceIds.includes(one.deviceId)).slice(0, limit),
    async range(query, signal) {
      asked.push(query);
      await slow?.(signal);
      const steps = Math.ceil((query.to - query.from) / query.stepMs);
      return query.series.map((series) => ({
        series,
        points: Array.from({ length: steps }, (_, i) => {
          const at = query.from + i * query.stepMs;
          const value = series.deviceId * 100 + (series.id % 10) * 10 + (at - (NOW - 3 * MINUTE)) / MINUTE;
          return [at, series.id === 23 && i === 0 ? null : value] as const;
        }).map(([at, value]): [number, number | null] => [at, value]),
      }));
    },
    latest: async (series) => series.map((one) => ({ series: one, at: NOW, value: one.id })),
  } satisfies Partial<MetricStore> as unknown as MetricStore & MetricUsageStore;
  const devices = {
    getMany: async (ids: readonly number[]) =>
      ids.map((id) => ({ id, site: id === 1 ? 'north' : null, collectors: [] })),
    siteOf: async () => null,
  } as unknown as DeviceStore;
  const clock = createFakeClock(NOW);
  return { telemetry: createTelemetry({ metrics, devices, clock, limits }), asked };
}

async function ask(telemetry: Telemetry, query: Partial<SampleQuery>, signal?: AbortSignal) {
  const answer = await telemetry.query(all, { metric: 'load', from: 'now-3m', step: '1m', ...query }, signal);
  const series = [];
  for await (const one of answer.series) series.push(one);
  return series;
}
const lines = async (query: Partial<SampleQuery>) =>
  (await ask(fixture().telemetry, query)).map(({ deviceId, labels, points }) => [
    deviceId,
    labels,
    points.map(([, value]) => value),
  ]);

test('series are put together by label, across devices and by device', async () => {
  assert.deepEqual(await lines({ aggregate: 'sum', by: 'side' }), [
    [null, { side: 'a' }, [660, 664, 668]],
    [null, { side: 'b' }, [130, 362, 364]],
  ]);
  assert.deepEqual(await lines({ aggregate: 'count', by: 'site,side', device: '1' }), [
    ['1', { site: 'north', side: 'a' }, [2, 2, 2]],
    ['1', { site: 'north', side: 'b' }, [1, 1, 1]],
  ]);
  assert.deepEqual(
    (await lines({ aggregate: 'count', by: 'site' })).map(([, labels]) => labels),
    [{ site: 'north' }, { site: '' }],
  );
  assert.deepEqual(await lines({ aggregate: 'max', by: 'device' }), [
    ['1', {}, [130, 131, 132]],
    ['2', {}, [220, 231, 232]],
  ]);
  assert.deepEqual(await lines({ aggregate: 'count' }), [[null, {}, [5, 6, 6]]]);
  assert.deepEqual(await lines({ aggregate: 'quantile', q: 0.5, device: '1', by: 'nothing' }), [
    ['1', { nothing: '' }, [120, 121, 122]],
  ]);
});

test('topk keeps the greatest by mean, of single series and of groups', async () => {
  assert.deepEqual(await lines({ topk: 2 }), [
    ['2', { port: 'p3', side: 'b' }, [null, 231, 232]],
    ['2', { port: 'p2', side: 'a' }, [220, 221, 222]],
  ]);
  assert.deepEqual(await lines({ topk: 1, aggregate: 'avg', by: 'device, side' }), [
    ['2', { side: 'b' }, [null, 231, 232]],
  ]);
});

test('delta is what changed from span to span, the first one from the span before', async () => {
  const { telemetry, asked } = fixture();
  const [first] = await ask(telemetry, { fn: 'delta', device: '1' });
  assert.deepEqual(first?.points, [
    [NOW - 3 * MINUTE, 1],
    [NOW - 2 * MINUTE, 1],
    [NOW - MINUTE, 1],
  ]);
  assert.deepEqual([asked[0]?.fn, asked[0]?.from], ['last', NOW - 4 * MINUTE]);
});

test('what does not go together is refused by its field', async () => {
  for (const [query, field] of [
    [{ by: 'side' }, 'by'],
    [{ q: 0.5 }, 'q'],
    [{ aggregate: 'quantile' }, 'q'],
    [{ from: 'now' }, 'from'],
    [{ step: '0s' }, 'step'],
  ] as const) {
    await assert.rejects(ask(fixture().telemetry, query), (error: { details: { fields: { path: string }[] } }) => {
      assert.equal(error.details.fields[0]?.path, field);
      return true;
    });
  }
});

test('a query that asks for too much is refused with the limit, before anything is read', async () => {
  for (const [limits, query, limit] of [
    [{ series: 5 }, {}, 5],
    [{ seriesRead: 5, series: 1 }, { topk: 1 }, 5],
    [{ points: 3 }, { from: 'now-3m' }, 3],
    [{ answerPoints: 10 }, {}, 10],
    [{ pointsRead: 10 }, { aggregate: 'sum' }, 10],
  ] as const) {
    const { telemetry, asked } = fixture(limits);
    await assert.rejects(ask(telemetry, query), { code: 'query_too_large', details: { limit } });
    assert.equal(asked.length, 0);
  }
  assert.equal((await ask(fixture({ series: 5 }).telemetry, { aggregate: 'sum' })).length, 1);
});

test('a query that takes too long is stopped and says so; one whose caller left is stopped', async () => {
  let stopped = 0;
  const hang = (signal?: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      const stop = () => {
        stopped++;
        reject(signal?.reason as Error);
      };
      if (signal?.aborted) stop();
      else signal?.addEventListener('abort', stop);
    });
  await assert.rejects(ask(fixture({ seconds: 0.02 }, hang).telemetry, {}), {
    code: 'deadline_exceeded',
    details: { limit: 0.02 },
  });
  const leaving = new AbortController();
  const answer = ask(fixture({}, hang).telemetry, {}, leaving.signal);
  leaving.abort(new Error('left'));
  await assert.rejects(answer, /left/);
  assert.equal(stopped, 2);
});

test('a large answer is read in parts, a device in one of them', async () => {
  const { telemetry, asked } = fixture({ points: 100_000, answerPoints: 1e9 });
  await ask(telemetry, { from: 'now-9000m' });
  assert.deepEqual(
    asked.map(({ series }) => series.map(({ id }) => id)),
    [
      [11, 12, 13],
      [21, 22, 23],
    ],
  );
});

test('a forecast crosses its limit, be it a number or another metric', async () => {
  const { telemetry } = fixture();
  const { items } = await telemetry.forecast(all, {
    metric: 'load',
    from: 'now-3m',
    to: 'now',
    step: '1m',
    limit: 232,
    device: '2',
  });
  const last = items.at(-1);
  // 233 at NOW, growing by one a minute.
  assert.deepEqual([last?.value && Math.round(last.value), last?.exceeded, last?.reachesAt], [233, true, null]);
  assert.equal(Math.round(last?.slopePerDay ?? 0), 1_440);
  const [first] = items;
  assert.equal(first?.reachesAt, new Date(NOW + 19 * MINUTE).toISOString());
  const by = await telemetry.forecast(all, {
    metric: 'load',
    from: 'now-3m',
    to: 'now',
    step: '1m',
    limitMetric: 'size',
  });
  assert.deepEqual(
    by.items.map(({ limit }) => limit),
    [11, 12, 13, 21, 22, 23],
  );
  await assert.rejects(
    telemetry.forecast(all, { metric: 'load', from: 'now-3m', to: 'now', limit: 1, limitMetric: 'size' }),
    { code: 'validation_failed' },
  );
});
