import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY, HOUR, MINUTE, counter, gauge, lookInto, newDevice, row } from './contract-rows.ts';
import type { MetricStoreUnderTest } from './contract-rows.ts';
import { SERIES_PER_RANGE } from './metrics.ts';
import type { MetricStore } from './metrics.ts';

/** What every MetricStore promises about times, values and amounts that do not come every day. */
export function metricStoreExtremes(subject: MetricStoreUnderTest, store: () => MetricStore): void {
  const { only, points, values } = lookInto(store);
  const T = Math.floor(subject.now / HOUR) * HOUR - 2 * HOUR;
  const TODAY = Math.floor(subject.now / DAY) * DAY;

  test('every finite number comes back as it was', async () => {
    const layout = { series: [gauge('g')] };
    const finite = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(finite, async (numbers) => {
        const device = newDevice();
        await store().write(numbers.map((value, n) => row(device, layout, T + n * MINUTE, [value])));
        const series = await only(device);
        const stored = numbers.map((value) => value + 0);
        const look = async (...asked: Parameters<typeof values>) =>
          // -0 may come back as 0.
          (await values(...asked)).map((value) => value !== null && value + 0);
        assert.deepEqual(await look(series, 'last', T, T + numbers.length * MINUTE), stored);
        const five = Array.from({ length: Math.ceil(stored.length / 5) }, (_, i) => stored.slice(i * 5, i * 5 + 5));
        const until = T + five.length * 5 * MINUTE;
        assert.deepEqual(
          await look(series, 'last', T, until, 5 * MINUTE),
          five.map((span) => span.at(-1)),
        );
        assert.deepEqual(
          await look(series, 'max', T, until, 5 * MINUTE),
          five.map((span) => Math.max(...span)),
        );
      }),
      {
        numRuns: 5,
        examples: [
          [[5e-324, -Number.MAX_VALUE, Number.MAX_VALUE, 2 ** 53, -0, 0.1, 1 / 3]],
          // Their sum in an hour is more than a number can be; that is no reason to sum up nothing.
          [Array.from({ length: 40 }, (_, n) => (n % 5 === 0 ? Number.MAX_VALUE : 0))],
          [Array.from({ length: 40 }, (_, n) => (n % 5 === 0 ? -Number.MAX_VALUE : 0))],
        ],
      },
    );
  });

  test('either infinity is refused, naming series and device', async () => {
    const device = newDevice();
    for (const value of [Infinity, -Infinity]) {
      const refused = store().write([row(device, { series: [gauge('hot')] }, T, [value])]);
      await assert.rejects(refused, { code: 'validation_failed', message: new RegExp(`hot .*${device}`) });
    }
    assert.deepEqual(await store().latest(await store().series({ deviceIds: [device], limit: 10 }), DAY), []);
  });

  test('a counter that falls was reset, unless it may have wrapped; a reading after a day of silence starts anew', async () => {
    const device = newDevice();
    const layout = { series: [counter('c64'), counter('c32'), counter('slow')] };
    const readings = [
      [2 ** 40, 2 ** 31, 10],
      [2 ** 40 + 600, 2 ** 31 + 60, 20],
      [50, 5, 30],
      [110, 65, 40],
    ];
    const start = T - 30 * HOUR;
    await store().write([
      row(device, layout, start, [0, 0, 1]),
      ...readings.map((value, n) => row(device, layout, T + n * MINUTE, value)),
    ]);
    const rates = async (metric: string) => values(await only(device, metric), 'rate', T, T + 4 * MINUTE);
    assert.deepEqual(await rates('c64'), [null, 10, null, 1]);
    assert.deepEqual(await rates('c32'), [null, 1, null, 1]);
    assert.deepEqual(await rates('slow'), [null, 10 / 60, 10 / 60, 10 / 60]);
    const increase = await values(await only(device, 'slow'), 'increase', start, T + HOUR, HOUR);
    assert.deepEqual(
      increase.filter((value) => value !== null),
      [30],
    );
  });

  test('of two readings at one instant the later one counts, in whatever order and batch they came', async () => {
    const [first, second] = [newDevice(), newDevice()];
    const layout = { series: [gauge('g')] };
    const early = (device: number) => row(device, layout, T, [1], { polledAt: T + 10 });
    const late = (device: number) => row(device, layout, T, [2], { polledAt: T + 900 });
    await store().write([early(first), late(second)]);
    await store().write([late(first), early(second)]);
    for (const device of [first, second]) {
      assert.deepEqual(await values(await only(device), 'sum', T, T + 5 * MINUTE, 5 * MINUTE), [2]);
    }
  });

  test('what comes late for hours that are closed is in rates, spans and days as if it had come in time', async () => {
    const [inTime, late] = [newDevice(), newDevice()];
    const layout = { series: [counter('c'), gauge('g')] };
    const from = TODAY - 2 * DAY;
    const rows = (device: number) =>
      Array.from({ length: 48 * 6 }, (_, n) =>
        row(device, layout, from + n * 10 * MINUTE, [n * n * 600, n % 17], { restarted: n === 100 }),
      );
    await store().write(rows(inTime));
    await store().write(rows(late).filter((_, n) => n % 5 !== 3 && (n < 60 || n > 130)));
    await store().maintain(subject.now);
    await store().write(rows(late).filter((_, n) => n >= 60 && n <= 130 && n % 5 !== 3));
    await store().maintain(subject.now);
    const rest = rows(late).filter((_, n) => n % 5 === 3);
    await store().write(rest.toReversed(), { source: `late-${late}`, sequence: 1 });
    await store().maintain(subject.now);
    assert.equal(await store().write(rest, { source: `late-${late}`, sequence: 1 }), false);
    for (const [metric, fns] of [
      ['c', ['rate', 'increase', 'last', 'p95']],
      ['g', ['avg', 'min', 'max', 'sum', 'count', 'last', 'p95']],
    ] as const) {
      for (const fn of fns) {
        for (const step of [10 * MINUTE, HOUR, DAY]) {
          const [a, b] = [await only(inTime, metric), await only(late, metric)];
          const [whole, mended] = [await values(a, fn, from, TODAY, step), await values(b, fn, from, TODAY, step)];
          assert.deepEqual(mended, whole, `${metric} ${fn} ${step}`);
          assert.ok(whole.filter((value) => value !== null).length >= whole.length - 2);
        }
      }
    }
  });

  test('the night in which clocks go back has its hours once, and days begin at midnight UTC, wherever the server is', async () => {
    const device = newDevice();
    const layout = { series: [gauge('g'), counter('c')] };
    const from = TODAY - DAY;
    const until = TODAY + 6 * HOUR;
    const polls = (until - from) / (10 * MINUTE);
    await store().write(
      Array.from({ length: polls }, (_, n) => row(device, layout, from + n * 10 * MINUTE, [1, n * 600])),
    );
    await store().maintain(subject.now);
    const hours = await points(await only(device, 'g'), 'sum', TODAY - 2 * HOUR, until, HOUR);
    assert.deepEqual(
      hours,
      Array.from({ length: 8 }, (_, n) => [TODAY - 2 * HOUR + n * HOUR, 6]),
    );
    const rates = await values(await only(device, 'c'), 'rate', TODAY - 2 * HOUR, until, HOUR);
    assert.deepEqual(
      rates,
      Array.from({ length: 8 }, () => 1),
    );
    assert.deepEqual(await points(await only(device, 'g'), 'sum', from, until, DAY), [
      [from, 144],
      [TODAY, 36],
    ]);
  });

  test('two million points of a week come back, each as it was', async () => {
    const devices = [newDevice(), newDevice()];
    const width = 500;
    const polls = 2_000;
    const layout = { series: Array.from({ length: width }, (_, i) => gauge('m', { i: String(i) })) };
    const from = TODAY - 7 * DAY;
    const valueOf = (device: number, i: number, n: number) => ((device * 31 + i * 7 + n * 13) % 1_009) / 4;
    for (let n = 0; n < polls; n += 100) {
      const rows = devices.flatMap((device) =>
        Array.from({ length: 100 }, (_, k) =>
          row(
            device,
            layout,
            from + (n + k) * 5 * MINUTE,
            Float64Array.from({ length: width }, (_unused, i) => valueOf(device, i, n + k)),
          ),
        ),
      );
      await store().write(rows, { source: `week-${devices[0]}`, sequence: n });
    }
    await store().maintain(subject.now);
    const series = await store().series({ deviceIds: devices, limit: 2_000 });
    assert.equal(series.length, 2 * width);
    const query = { from, to: from + polls * 5 * MINUTE, stepMs: 5 * MINUTE, fn: 'last' as const };
    for (let i = 0; i < series.length; i += 250) {
      for (const result of await store().range({ series: series.slice(i, i + 250), ...query })) {
        const { deviceId, labels } = result.series;
        const wrong = result.points.findIndex(([, value], n) => value !== valueOf(deviceId, Number(labels.i), n));
        assert.deepEqual([result.points.length, wrong], [polls, -1]);
      }
    }
  });

  test('a hundred thousand series in one query are refused with the limit; as many as it names are answered', async () => {
    const devices = Array.from({ length: 200 }, newDevice);
    const layout = { series: Array.from({ length: 500 }, (_, i) => gauge('wide', { i: String(i) })) };
    for (let i = 0; i < devices.length; i += 50) {
      await store().write(devices.slice(i, i + 50).map((device) => row(device, layout, T, Array(500).fill(device))));
    }
    const all = await store().series({ metric: 'wide', limit: 200_000 });
    assert.equal(all.length, 100_000);
    const query = { fn: 'last' as const, from: T, to: T + MINUTE, stepMs: MINUTE };
    await assert.rejects(store().range({ series: all, ...query }), {
      code: 'query_too_large',
      message: new RegExp(`100000 series .*${SERIES_PER_RANGE}`),
      details: { limit: SERIES_PER_RANGE },
    });
    const most = await store().range({ series: all.slice(0, SERIES_PER_RANGE), ...query });
    assert.equal(most.length, SERIES_PER_RANGE);
    assert.ok(most.every((result) => result.points[0]?.[1] === result.series.deviceId));
  });

  test('an empty selection has an empty answer', async () => {
    assert.deepEqual(await store().range({ series: [], fn: 'avg', from: T, to: T + HOUR, stepMs: MINUTE }), []);
    assert.deepEqual(await store().latest([], HOUR), []);
    assert.equal(await store().write([]), true);
  });
}
