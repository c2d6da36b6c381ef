import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels } from '@sotp/contract/metrics.ts';
import { MINUTE, newDevice, row } from './contract-rows.ts';
import type { MetricStoreUnderTest } from './contract-rows.ts';
import type { Layout, MetricStore } from './metrics.ts';

const port = (name: string, ifIndex: number): Labels => ({ interface: name, ifIndex: String(ifIndex) });
const layoutOf = (...ports: Labels[]): Layout => ({
  series: ports.map((labels) => ({ metric: 'ifHCInOctets', labels, unit: 'octets', kind: 'gauge' })),
});

/** What every MetricStore promises about ports whose labels change. */
export function metricStoreRelabelling({ again, now }: MetricStoreUnderTest, opened: () => MetricStore): void {
  const from = now - 30 * MINUTE;

  /** Every point of every series of a device, by labels. */
  async function histories(deviceId: number): Promise<Record<string, number[]>> {
    const store = opened();
    const series = await store.series({ deviceIds: [deviceId], limit: 100 });
    const answer = await store.range({ series, from, to: now, stepMs: MINUTE, fn: 'last' });
    return Object.fromEntries(
      answer.map(({ series: { labels }, points }) => [
        `${labels['interface']} ${labels['ifIndex']}${labels['removed'] ? ' removed' : ''}`,
        points.flatMap(([, value]) => (value === null ? [] : [value])),
      ]),
    );
  }
  const write = (deviceId: number, layout: Layout, minute: number, values: number[], via = opened()) =>
    via.write([row(deviceId, layout, from + minute * MINUTE, values)]);

  test('a port that is called and numbered otherwise keeps its series', async () => {
    const device = newDevice();
    const store = opened();
    await write(device, layoutOf(port('Gi1', 1), port('Gi2', 2)), 1, [11, 21]);
    await store.relabel(device, from + 2 * MINUTE, [{ from: port('Gi1', 1), to: port('Te9', 7) }]);
    await write(device, layoutOf(port('Gi2', 2), port('Te9', 7)), 2, [22, 12]);
    assert.deepEqual(await histories(device), { 'Gi2 2': [21, 22], 'Te9 7': [11, 12] });
  });

  test('two ports that exchange their labels exchange nothing else, even where a poll looks the same as before', async () => {
    const device = newDevice();
    const store = opened();
    const layout = layoutOf(port('a', 1), port('b', 2));
    const exchange = [
      { from: port('a', 1), to: port('b', 2) },
      { from: port('b', 2), to: port('a', 1) },
    ];
    await write(device, layout, 1, [11, 21]);
    await store.relabel(device, from + 2 * MINUTE, exchange);
    // Told again, as after a fault in the middle, it changes nothing.
    await store.relabel(device, from + 2 * MINUTE, exchange);
    await write(device, layout, 2, [22, 12]);
    await write(device, layout, 3, [23, 13]);
    await store.relabel(device, from + 4 * MINUTE, exchange);
    await write(device, layout, 4, [14, 24]);
    assert.deepEqual(await histories(device), { 'a 1': [11, 12, 13, 14], 'b 2': [21, 22, 23, 24] });
  });

  test('a poll from before that comes late, from another process too, means what its labels meant then', async () => {
    const device = newDevice();
    const store = opened();
    const layout = layoutOf(port('a', 1), port('b', 2));
    const other = again();
    await write(device, layout, 1, [11, 21], other);
    await store.relabel(device, from + 5 * MINUTE, [
      { from: port('a', 1), to: port('b', 2) },
      { from: port('b', 2), to: port('a', 1) },
    ]);
    await write(device, layout, 6, [26, 16]);
    await other.relabel(device, from + 6 * MINUTE, []);
    for (const via of [store, other]) await write(device, layoutOf(port('a', 1), port('b', 2)), 3, [13, 23], via);
    await write(device, layout, 7, [27, 17], other);
    // Labels of which nobody knows what they meant: left out, not guessed.
    await write(device, layoutOf(port('a', 1), port('c', 3)), 4, [999, 999], other);
    assert.deepEqual(await histories(device), { 'a 1': [21, 23, 26, 27], 'b 2': [11, 13, 16, 17] });
  });

  test('a port that takes the labels of one that is gone does not take its history', async () => {
    const device = newDevice();
    const store = opened();
    await write(device, layoutOf(port('old', 1), port('new', 2)), 1, [11, 21]);
    await store.relabel(device, from + 2 * MINUTE, [
      { from: port('old', 1), to: { ...port('old', 1), removed: 'then' } },
      { from: port('new', 2), to: port('old', 1) },
    ]);
    await write(device, layoutOf(port('old', 1)), 2, [22]);
    assert.deepEqual(await histories(device), { 'old 1 removed': [11], 'old 1': [21, 22] });
  });

  test('a decision taken back parts the history where it was taken, and taken again joins it', async () => {
    const device = newDevice();
    const store = opened();
    await write(device, layoutOf(port('a', 1), port('x', 9)), 1, [11, 91]);
    const at = from + 2 * MINUTE;
    await store.relabel(device, at, [{ from: port('a', 1), to: port('b', 2) }]);
    await write(device, layoutOf(port('b', 2), port('x', 9)), 2, [12, 92]);
    const aside = { ...port('a', 1), removed: 'then' };
    await store.fork(device, at, { from: port('b', 2), to: aside });
    await write(device, layoutOf(port('b', 2), port('x', 9)), 3, [13, 93]);
    await write(device, layoutOf(port('b', 2)), 4, [14]);
    assert.deepEqual(await histories(device), { 'a 1 removed': [11], 'b 2': [12, 13, 14], 'x 9': [91, 92, 93] });
    await store.join(device, from + 5 * MINUTE, { from: aside, to: port('b', 2) });
    await write(device, layoutOf(port('b', 2)), 5, [15]);
    assert.deepEqual(await histories(device), { 'b 2': [11, 12, 13, 14, 15], 'x 9': [91, 92, 93] });
    await assert.rejects(store.join(device, from + 6 * MINUTE, { from: port('x', 9), to: port('b', 2) }), {
      code: 'conflict',
    });
  });
}
