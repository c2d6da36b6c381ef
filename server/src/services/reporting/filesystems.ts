import type { ReportedFilesystem } from '@sotp/contract/reports.ts';
import { crossing, lineThrough } from '#domain/forecast.ts';
import { placeOf } from '#services/telemetry/forecasts.ts';
import type { StoredDevice } from '#stores/devices/devices.ts';
import type { MetricStore, StoredSeries } from '#stores/metrics/metrics.ts';

const HOUR_MS = 3_600_000;
/** How old a reading may be: sizes are read seldom. */
const NEWEST_MS = 2 * 24 * HOUR_MS;
/** What a line is laid through. */
const PAST_MS = 30 * 24 * HOUR_MS;
const SHOWN = 10;
/** More of one kind than devices at once have. */
const SERIES_MAX = 100_000;

/** A file system as it was last read. */
export interface Filesystem {
  readonly device: StoredDevice;
  readonly used: StoredSeries;
  readonly usedOctets: number;
  readonly sizeOctets: number;
}

type Metrics = Pick<MetricStore, 'series' | 'latest' | 'range'>;

const shareOf = ({ usedOctets, sizeOctets }: Filesystem) => usedOctets / sizeOctets;

/** The fullest of those of the devices and those that are known already. */
export async function fullestOf(
  metrics: Metrics,
  devices: readonly StoredDevice[],
  known: readonly Filesystem[],
  signal?: AbortSignal,
): Promise<Filesystem[]> {
  const narrow = { deviceIds: devices.map(({ id }) => id), labels: { kind: 'storage' }, limit: SERIES_MAX };
  const used = await metrics.series({ ...narrow, metric: 'hrStorageUsed' });
  if (used.length === 0) return [...known];
  const sizes = await metrics.series({ ...narrow, metric: 'hrStorageSize' });
  const newest = await metrics.latest([...used, ...sizes], NEWEST_MS, signal);
  const sizeAt = new Map(
    newest.filter(({ series }) => series.metric === 'hrStorageSize').map((one) => [placeOf(one.series), one.value]),
  );
  const byId = new Map(devices.map((device) => [device.id, device]));
  const found = newest.flatMap(({ series, value }): Filesystem[] => {
    const [device, sizeOctets = 0] = [byId.get(series.deviceId), sizeAt.get(placeOf(series))];
    if (series.metric !== 'hrStorageUsed' || !device || sizeOctets <= 0) return [];
    return [{ device, used: series, usedOctets: value, sizeOctets }];
  });
  return [...known, ...found].toSorted((a, b) => shareOf(b) - shareOf(a)).slice(0, SHOWN);
}

/** As reported, with the instant at which each is full when it goes on as in the last thirty days. */
export async function forecastsOf(
  metrics: Metrics,
  fullest: readonly Filesystem[],
  now: number,
  signal?: AbortSignal,
): Promise<ReportedFilesystem[]> {
  const series = fullest.map(({ used }) => used);
  const past = { series, from: now - PAST_MS, to: now, stepMs: HOUR_MS, fn: 'avg' as const };
  const ranges = series.length === 0 ? [] : await metrics.range(past, signal);
  const points = new Map(ranges.map((one) => [one.series.id, one.points]));
  return fullest.map((one) => {
    const { device, used, sizeOctets } = one;
    const line = lineThrough(points.get(used.id) ?? [], now);
    const at = line && crossing(line, sizeOctets, now);
    return {
      deviceId: String(device.id),
      device: device.name,
      filesystem: used.labels['storage'] ?? '',
      usedPercent: Math.round(shareOf(one) * 1_000) / 10,
      sizeOctets,
      fullAt: at === null ? null : new Date(at).toISOString(),
    };
  });
}
