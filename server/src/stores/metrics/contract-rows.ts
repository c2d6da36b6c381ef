import assert from 'node:assert/strict';
import type { RangeFunction } from '@sotp/contract/metrics.ts';
import type { Layout, MetricStore, PollRow, SeriesSpec, StoredSeries } from './metrics.ts';

/** What the suite needs of a back end. */
export interface MetricStoreUnderTest {
  open(): Promise<MetricStore>;
  /** One more instance over the same data: another process. */
  again(): MetricStore;
  /** The store's clock stands here, epoch ms: on 2026-10-25, in whose night Europe's clocks go back. */
  readonly now: number;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const gauge = (metric: string, labels: Record<string, string> = {}): SeriesSpec => ({
  metric,
  labels,
  unit: null,
  kind: 'gauge',
});
export const counter = (metric: string, labels: Record<string, string> = {}): SeriesSpec => ({
  ...gauge(metric, labels),
  kind: 'counter',
});

let nextDeviceId = 1;
/** A device of its own for each test, so that tests do not see each other. */
export const newDevice = () => nextDeviceId++;

export function row(
  deviceId: number,
  layout: Layout,
  at: number,
  values: ArrayLike<number>,
  more: Partial<PollRow> = {},
): PollRow {
  return { deviceId, at, polledAt: at, restarted: false, layout, values: Float64Array.from(values), ...more };
}

/** Looks at a store as tests ask. */
export function lookInto(store: () => MetricStore) {
  async function only(deviceId: number, metric?: string): Promise<StoredSeries> {
    const [found] = await store().series({ deviceIds: [deviceId], ...(metric ? { metric } : {}), limit: 10 });
    assert.ok(found);
    return found;
  }
  async function points(series: StoredSeries, fn: RangeFunction, from: number, to: number, stepMs = MINUTE) {
    const [result] = await store().range({ series: [series], fn, from, to, stepMs });
    assert.ok(result);
    return result.points;
  }
  const values = async (series: StoredSeries, fn: RangeFunction, from: number, to: number, stepMs = MINUTE) =>
    (await points(series, fn, from, to, stepMs)).map(([, value]) => value);
  return { only, points, values };
}
