import type { LatestValue, MetricStore, MetricUsageStore, RangeQuery, StoredSeries } from '#stores/metrics/metrics.ts';

/** Series held in memory; ranges answer one point a step: the series' id. */
export function fakeMetrics(): MetricStore &
  MetricUsageStore & { catalogue: StoredSeries[]; removed: number[]; asked: RangeQuery[] } {
  const catalogue: StoredSeries[] = [];
  const removed: number[] = [];
  const asked: RangeQuery[] = [];
  return {
    catalogue,
    removed,
    asked,
    write: async () => true,
    series: async ({ deviceIds, metric, labels, after = 0, limit }) =>
      catalogue
        .filter((one) => one.id > after && (!deviceIds || deviceIds.includes(one.deviceId)))
        .filter((one) => metric === undefined || one.metric === metric)
        .filter((one) => Object.entries(labels ?? {}).every(([key, value]) => one.labels[key] === value))
        .slice(0, limit),
    async range(query) {
      asked.push(query);
      return query.series.map((series) => ({ series, points: [[query.from, series.id]] }));
    },
    latest: async (wanted): Promise<LatestValue[]> => wanted.map((series) => ({ series, at: 1_000, value: series.id })),
    relabel: async () => {},
    fork: async () => {},
    join: async () => {},
    removeDevice: async (deviceId) => void removed.push(deviceId),
    maintain: async () => {},
    usage: async () => ({
      bytes: 3,
      forecastBytes: 9,
      tiers: [{ tier: 'packed', bytes: 3, keepDays: 30, forecastBytes: 9 }],
    }),
    deviceUsage: async (deviceId) => deviceId * 1_000,
  };
}
