import { availabilityOf } from '#domain/availability.ts';
import type { CollectorHours, DeviceAvailability } from '#domain/availability.ts';
import type { StoredDevice } from '#stores/devices/devices.ts';
import type { MetricStore, StoredSeries } from '#stores/metrics/metrics.ts';
import type { Period } from './period.ts';

const HOUR_MS = 3_600_000;
/** What every poll says of itself: 1 with an answer, 0 without. */
const METRIC = 'collector_up';
/** Hours of all series that are in memory at once, about. */
const HOURS_AT_ONCE = 100_000;
/** More series of this metric than devices at once have: one a collector. */
const SERIES_MAX = 20_000;

export interface FoundAvailability extends DeviceAvailability {
  readonly device: StoredDevice;
}

const placeOf = (deviceId: number, collector: string) => `${deviceId} ${collector}`;

/** Polls, or answers, of each series by the hour. */
async function hoursOf(
  metrics: Pick<MetricStore, 'range'>,
  series: readonly StoredSeries[],
  fn: 'count' | 'sum',
  { from, to }: Period,
  signal: AbortSignal | undefined,
): Promise<Map<string, Float64Array>> {
  const found = await metrics.range({ series, from, to, stepMs: HOUR_MS, fn }, signal);
  return new Map(
    found.map(({ series: { deviceId, labels }, points }) => [
      placeOf(deviceId, labels['collector'] ?? ''),
      Float64Array.from(points, ([, value]) => value ?? 0),
    ]),
  );
}

/** How long each of the devices was up in a period, since it was added; some devices at a time. */
export async function* readAvailability(
  metrics: Pick<MetricStore, 'series' | 'range'>,
  devices: readonly StoredDevice[],
  period: Period,
  signal?: AbortSignal,
): AsyncGenerator<FoundAvailability> {
  const hours = (period.to - period.from) / HOUR_MS;
  const atOnce = Math.max(1, Math.floor(HOURS_AT_ONCE / 2 / Math.max(1, hours)));
  for (let i = 0; i < devices.length; i += atOnce) {
    signal?.throwIfAborted();
    const part = devices.slice(i, i + atOnce);
    const deviceIds = part.map(({ id }) => id);
    const series = await metrics.series({ deviceIds, metric: METRIC, limit: SERIES_MAX });
    const made = await hoursOf(metrics, series, 'count', period, signal);
    const answered = await hoursOf(metrics, series, 'sum', period, signal);
    for (const device of part) {
      const before = hoursBefore(device, period);
      const collectors = device.collectors.map(({ name, intervalSeconds }): CollectorHours => {
        const place = placeOf(device.id, name);
        const since = (all: Map<string, Float64Array>) => all.get(place)?.subarray(before) ?? new Float64Array(0);
        return { intervalSeconds, made: since(made), answered: since(answered) };
      });
      yield { device, ...availabilityOf(hours - before, collectors) };
    }
  }
}

/** Hours of the period that were over, or going on, when the device was added. */
export function hoursBefore({ createdAt }: Pick<StoredDevice, 'createdAt'>, { from, to }: Period): number {
  return Math.min((to - from) / HOUR_MS, Math.max(0, Math.ceil((createdAt - from) / HOUR_MS)));
}
