import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { MINUTE, counter, gauge, lookInto, newDevice, row } from './contract-rows.ts';
import type { MetricStoreUnderTest } from './contract-rows.ts';
import { metricStoreExtremes } from './extremes.contract.ts';
import { metricStoreRelabelling } from './relabel.contract.ts';
import type { MetricStore } from './metrics.ts';

/** What every MetricStore promises. */
export function metricStoreContract(subject: MetricStoreUnderTest): void {
  let store: MetricStore;
  const { only, points, values } = lookInto(() => store);
  const T = Math.floor(subject.now / 3_600_000) * 3_600_000 - 2 * 3_600_000;
  before(async () => {
    store = await subject.open();
  });

  test('series are known by device, metric, labels, unit and kind, once, whatever the layout', async () => {
    const device = newDevice();
    const a = { series: [gauge('m', { x: '1', y: '2' }), gauge('m', { x: '2' })] };
    const b = { series: [gauge('m', { x: '2' }), gauge('m', { y: '2', x: '1' }), counter('m', { x: '2' })] };
    await store.write([row(device, a, T, [1, 2])]);
    await subject.again().write([row(device, b, T + MINUTE, [3, 4, 5])]);
    const all = await store.series({ deviceIds: [device], limit: 10 });
    assert.equal(all.length, 3);
    assert.deepEqual(
      (await store.series({ deviceIds: [device], labels: { x: '1' }, limit: 10 })).map((s) => s.labels),
      [{ x: '1', y: '2' }],
    );
    assert.deepEqual(await store.series({ deviceIds: [device], after: all[0]?.id, limit: 1 }), [all[1]]);
    assert.deepEqual(await store.series({ deviceIds: [device], metric: 'other', limit: 10 }), []);
    const x1 = all.find((s) => s.labels.x === '1');
    assert.ok(x1);
    assert.deepEqual(await values(x1, 'last', T, T + 2 * MINUTE), [1, 4]);
  });

  test('devices of one shape get their series together, whatever some have already and whoever else creates them', async () => {
    const devices = Array.from({ length: 20 }, newDevice);
    const odd = { interface: 'a"b\\c, {NULL}' };
    const shape = () => ({ series: [gauge('m', { interface: 'NULL' }), gauge('m', odd)] });
    await store.write([row(devices[7] ?? 0, { series: [gauge('m', odd)] }, T, [9])]);
    await Promise.all(
      [store, subject.again(), subject.again()].map((one, i) => {
        const layout = shape();
        return one.write(devices.map((device) => row(device, layout, T + i * MINUTE, [device, -device])));
      }),
    );
    for (const device of devices) {
      const all = await store.series({ deviceIds: [device], limit: 10 });
      assert.equal(all.length, 2);
      const [one] = await store.series({ deviceIds: [device], labels: odd, limit: 10 });
      assert.ok(one);
      assert.deepEqual(await values(one, 'min', T, T + 3 * MINUTE), [-device, -device, -device]);
    }
  });

  test('a poll that has no series is stored, and again', async () => {
    const device = newDevice();
    for (const at of [T, T + MINUTE]) assert.equal(await store.write([row(device, { series: [] }, at, [])]), true);
    assert.deepEqual(await store.series({ deviceIds: [device], limit: 10 }), []);
  });

  test('points come one a step, aligned down, to exclusive, null where there was nothing', async () => {
    const device = newDevice();
    const layout = { series: [gauge('g')] };
    await store.write([0, 1, 3].map((n) => row(device, layout, T + n * MINUTE + 17_000, [n])));
    const series = await only(device);
    assert.deepEqual(await points(series, 'avg', T + 30_000, T + 4 * MINUTE), [
      [T, 0],
      [T + MINUTE, 1],
      [T + 2 * MINUTE, null],
      [T + 3 * MINUTE, 3],
    ]);
    assert.deepEqual(await values(series, 'max', T, T + 4 * MINUTE, 2 * MINUTE), [1, 3]);
    assert.deepEqual(await values(series, 'min', T, T + 4 * MINUTE, 2 * MINUTE), [0, 3]);
    assert.deepEqual(await values(series, 'sum', T, T + 4 * MINUTE, 4 * MINUTE), [4]);
    assert.deepEqual(await values(series, 'count', T, T + 4 * MINUTE, 2 * MINUTE), [2, 1]);
    assert.deepEqual(await values(series, 'last', T, T + 4 * MINUTE, 4 * MINUTE), [3]);
    assert.deepEqual(await values(series, 'p95', T, T + 4 * MINUTE, 4 * MINUTE), [3]);
    assert.deepEqual(await points(series, 'avg', T, T), []);
    // The second minute's sample comes seven seconds after the end of what is asked.
    for (const fn of ['last', 'p95'] as const) {
      assert.deepEqual(await values(series, fn, T, T + MINUTE + 10_000), [0, null]);
    }
  });

  test('a wrap counts, a restart breaks, a gap is null, and the reading before the window counts', async () => {
    const device = newDevice();
    const layout = { series: [counter('c')] };
    const readings = [4_294_900_000, 4_294_960_000, 52_704, 112_704, 5_000, 65_000, 125_000];
    await store.write(
      readings.flatMap((value, n) => {
        const restarted = n === 4;
        return n === 5 ? [] : [row(device, layout, T + n * MINUTE, [value], { restarted })];
      }),
    );
    const series = await only(device);
    assert.deepEqual(await values(series, 'rate', T, T + 7 * MINUTE), [null, 1_000, 1_000, 1_000, null, null, 1_000]);
    assert.deepEqual(await values(series, 'rate', T + 2 * MINUTE, T + 4 * MINUTE), [1_000, 1_000]);
    assert.deepEqual(await values(series, 'increase', T, T + 10 * MINUTE, 10 * MINUTE), [300_000]);
  });

  test('rates divide by the true instants', async () => {
    const device = newDevice();
    const layout = { series: [counter('c')] };
    const late = [0, 1_900, 300, 0];
    await store.write(
      late.map((ms, n) =>
        row(device, layout, T + n * MINUTE, [(n * MINUTE + ms) * 8], { polledAt: T + n * MINUTE + ms }),
      ),
    );
    assert.deepEqual(await values(await only(device), 'rate', T, T + 4 * MINUTE), [null, 8_000, 8_000, 8_000]);
  });

  test('a batch that is replayed is stored once, by whichever process', async () => {
    const device = newDevice();
    const rows = [row(device, { series: [gauge('g')] }, T, [1])];
    const origin = { source: `collector-${device}`, sequence: 41 };
    assert.equal(await store.write(rows, origin), true);
    assert.equal(await store.write(rows, origin), false);
    assert.equal(await subject.again().write(rows, origin), false);
    assert.equal(await store.write(rows, { ...origin, sequence: 40 }), true);
    assert.deepEqual(await values(await only(device), 'sum', T, T + MINUTE), [1]);
  });

  test('joined batches are stored all or not at all, and each is known afterwards', async () => {
    const device = newDevice();
    const rows = [row(device, { series: [gauge('g')] }, T, [1])];
    const write = (sequence: number, ...also: number[]) =>
      store.write(rows, { source: `joined-${device}`, sequence, ...(also.length > 0 && { also }) });
    assert.equal(await write(3, 1, 2), true);
    for (const sequence of [1, 2, 3]) assert.equal(await write(sequence), false);
    assert.equal(await write(5, 3, 4), false);
    assert.equal(await write(4), true);
    assert.equal(await write(5), true);
  });

  test('racing replays of one batch store it once', async () => {
    const device = newDevice();
    const rows = [row(device, { series: [gauge('g')] }, T, [1])];
    const origin = { source: `collector-${device}`, sequence: 1 };
    const stored = await Promise.all([store, subject.again(), subject.again()].map((s) => s.write(rows, origin)));
    assert.deepEqual(stored.toSorted(), [false, false, true]);
  });

  test('rows that come late or out of order are found in their place', async () => {
    const device = newDevice();
    const layout = { series: [gauge('g')] };
    await store.write([row(device, layout, T + 3 * MINUTE, [3]), row(device, layout, T + MINUTE, [1])]);
    await store.write([row(device, layout, T + 2 * MINUTE, [2]), row(device, layout, T - 5 * 3_600_000, [-5])]);
    assert.deepEqual(await values(await only(device), 'last', T, T + 4 * MINUTE), [null, 1, 2, 3]);
    assert.deepEqual(await values(await only(device), 'last', T - 5 * 3_600_000, T - 5 * 3_600_000 + MINUTE), [-5]);
  });

  test('NaN is no value; an infinite one is refused with its reason, and nothing of the batch is stored', async () => {
    const device = newDevice();
    const layout = { series: [gauge('a'), gauge('b')] };
    await store.write([row(device, layout, T, [1, Number.NaN])]);
    const broken = [row(device, layout, T + MINUTE, [2, 2]), row(device, layout, T + 2 * MINUTE, [1, Infinity])];
    await assert.rejects(store.write(broken, { source: `x${device}`, sequence: 1 }), { code: 'validation_failed' });
    assert.deepEqual(await values(await only(device, 'a'), 'last', T, T + 3 * MINUTE), [1, null, null]);
    assert.deepEqual(await values(await only(device, 'b'), 'last', T, T + 3 * MINUTE), [null, null, null]);
  });

  test('latest gives the newest value of every series that is young enough', async () => {
    const device = newDevice();
    const fast = { series: [gauge('a'), gauge('b')] };
    const slow = { series: [gauge('c')] };
    const { now } = subject;
    await store.write([
      row(device, fast, now - 3 * MINUTE, [1, 2]),
      row(device, fast, now - 2 * MINUTE, [3, Number.NaN]),
      row(device, slow, now - 20 * MINUTE, [9]),
    ]);
    const all = await store.series({ deviceIds: [device], limit: 10 });
    const latest = async (maxAgeMs: number) =>
      (await store.latest(all, maxAgeMs)).map((l) => [l.series.metric, l.value, l.at]);
    assert.deepEqual(await latest(10 * MINUTE), [
      ['a', 3, now - 2 * MINUTE],
      ['b', 2, now - 3 * MINUTE],
    ]);
    assert.equal((await latest(60 * MINUTE)).length, 3);
    assert.deepEqual(await latest(MINUTE), []);
  });

  test('a removed device is forgotten, and can be written anew', async () => {
    const device = newDevice();
    const layout = { series: [gauge('g')] };
    await store.write([row(device, layout, T, [1])]);
    const series = await only(device);
    await store.removeDevice(device);
    assert.deepEqual(await store.series({ deviceIds: [device], limit: 10 }), []);
    assert.deepEqual(await values(series, 'last', T, T + MINUTE), [null]);
    await store.write([row(device, layout, T + MINUTE, [2])]);
    assert.deepEqual(await values(await only(device), 'last', T, T + 2 * MINUTE), [null, 2]);
  });

  test('many series of many devices come in the order asked; too many points are query_too_large', async () => {
    const devices = Array.from({ length: 120 }, newDevice);
    const layout = { series: Array.from({ length: 5 }, (_, i) => gauge('g', { i: String(i) })) };
    await store.write(
      devices.map((device) =>
        row(
          device,
          layout,
          T,
          [0, 1, 2, 3, 4].map((i) => device * 10 + i),
        ),
      ),
    );
    const series = (await store.series({ deviceIds: devices, limit: 1_000 })).toReversed();
    const results = await store.range({ series, fn: 'last', from: T, to: T + MINUTE, stepMs: MINUTE });
    assert.deepEqual(
      results.map((r) => [r.series.id, r.points[0]?.[1]]),
      series.map((s) => [s.id, s.deviceId * 10 + Number(s.labels.i)]),
    );
    const wide = { series, fn: 'last' as const, from: T - 30 * 86_400_000, to: T, stepMs: 1_000 };
    await assert.rejects(store.range(wide), { code: 'query_too_large' });
  });

  test('a query whose caller has left stops', async () => {
    const device = newDevice();
    await store.write([row(device, { series: [gauge('g')] }, T, [1])]);
    const query = { series: [await only(device)], fn: 'last' as const, from: T, to: T + MINUTE, stepMs: MINUTE };
    await assert.rejects(store.range(query, AbortSignal.abort(new Error('left'))), /left/);
  });

  test('1,000 polls of counters that are known functions of time: every rate is the truth, none missing, none double', async () => {
    const device = newDevice();
    const layout = { series: [counter('steady64'), counter('waves64'), counter('fast32')] };
    const step = 10_000;
    const start = T - 1_000 * step;
    // Growth since boot, as functions of true time in ms; the 32-bit one wraps every 43 s of its 5 polls.
    const grown = [
      (ms: number) => Math.floor(123.456 * ms),
      (ms: number) => Math.floor(50_000 * (ms / 1000) + 400_000 * (1 - Math.cos(ms / 60_000))),
      (ms: number) => Math.floor(100_000 * ms) % 2 ** 32,
    ];
    const bases = [2 ** 33, 0, 0];
    const restarts = new Set([211, 640]);
    let bootedAt = start - 5_000;
    const polls = Array.from({ length: 1_000 }, (_, n) => {
      // Deterministic jitter of up to 2 s.
      const polledAt = start + n * step + ((n * 7919) % 2_001);
      if (restarts.has(n)) bootedAt = polledAt - 3_000;
      const exact = grown.map((f, i) => f(polledAt - bootedAt) + (bases[i] ?? 0));
      return { at: start + n * step, polledAt, restarted: restarts.has(n), exact };
    });
    for (let i = 0; i < polls.length; i += 64) {
      const rows = polls.slice(i, i + 64).map((p) => row(device, layout, p.at, p.exact, p));
      const origin = { source: `truth-${device}`, sequence: i };
      assert.equal(await store.write(rows, origin), true);
      assert.equal(await store.write(rows, origin), false);
    }
    for (const [index, spec] of layout.series.entries()) {
      const rates = await points(await only(device, spec.metric), 'rate', start, start + 1_000 * step, step);
      assert.equal(rates.length, 1_000);
      for (const [n, poll] of polls.entries()) {
        const before = polls[n - 1];
        const [at, rate] = rates[n] ?? [0, 0];
        assert.equal(at, poll.at);
        if (!before || poll.restarted) {
          assert.equal(rate, null, `${spec.metric} ${n}`);
          continue;
        }
        let truth = (poll.exact[index] ?? 0) - (before.exact[index] ?? 0);
        if (truth < 0) truth += 2 ** 32;
        const perSecond = (truth * 1_000) / (poll.polledAt - before.polledAt);
        assert.ok(
          rate !== null && Math.abs(rate - perSecond) <= perSecond * 1e-9,
          `${spec.metric} ${n}: ${rate} ${perSecond}`,
        );
      }
    }
  });

  test('maintain can be called at any time, by many at once', async () => {
    await Promise.all([store, subject.again()].map((s) => s.maintain(subject.now)));
    const device = newDevice();
    await store.write([row(device, { series: [gauge('g')] }, subject.now, [1])]);
    assert.deepEqual(await values(await only(device), 'last', subject.now, subject.now + 1, 1), [1]);
  });

  metricStoreExtremes(subject, () => store);
  metricStoreRelabelling(subject, () => store);
}
