import type { SeriesKind } from '@sotp/contract/metrics.ts';
import { addBuckets, addSamples, emptyBuckets } from '#stores/metrics/aggregate.ts';
import type { Buckets } from '#stores/metrics/aggregate.ts';
import type { StoredBlock } from './blocks.ts';
import type { StoredLayout } from './catalogue.ts';
import { decodeBlock } from './codec.ts';
import { DAY_MS, HOUR_MS } from './partitions.ts';
import { encodeRollup, rollupReader } from './rollup-block.ts';
import { createTimelines } from './timeline.ts';
import type { PollBlock } from './timeline.ts';

export const FIVE_MINUTES_MS = 300_000;

/** A layout with the kinds of its series, by position. */
export interface KnownLayout extends StoredLayout {
  readonly kinds: readonly SeriesKind[];
}

/**
 * The 5-minute spans of one device's hour, one block a layout that was polled in it. `before` holds the last polls of
 * its layouts before the hour, from which counters grew. A series that two layouts have, because the shape of the poll
 * changed within the hour, is told by the younger one.
 */
export function rollupHour(
  start: number,
  hour: readonly PollBlock[],
  before: readonly PollBlock[],
  layouts: readonly KnownLayout[],
): StoredBlock[] {
  const polled = new Set(hour.map((block) => block.layoutId));
  const active = layouts.filter((layout) => polled.has(layout.id)).toSorted((a, b) => b.id - a.id);
  const timelines = createTimelines([...before, ...hour], layouts);
  const told = new Set<number>();
  return active.map((layout) => {
    const spans = layout.series.map((id, position): Buckets | undefined => {
      if (told.has(id)) return undefined;
      told.add(id);
      const buckets = emptyBuckets(
        start,
        FIVE_MINUTES_MS,
        HOUR_MS / FIVE_MINUTES_MS,
        layout.kinds[position] ?? 'gauge',
      );
      addSamples(buckets, timelines(id));
      return buckets;
    });
    const block = encodeRollup(start, FIVE_MINUTES_MS, HOUR_MS / FIVE_MINUTES_MS, spans);
    return { deviceId: layout.deviceId, layoutId: layout.id, start, block };
  });
}

/** The 1-hour spans of one device's day, out of its 5-minute spans. Again the youngest layout tells a shared series. */
export function rollupDay(day: number, hours: readonly StoredBlock[], layouts: readonly KnownLayout[]): StoredBlock[] {
  const spans = new Map<number, Buckets>();
  for (const row of hours.toSorted((a, b) => a.start - b.start)) {
    const layout = layouts.find((one) => one.id === row.layoutId);
    if (!layout) continue;
    const read = rollupReader(decodeBlock(row.block), FIVE_MINUTES_MS);
    for (const [position, id] of layout.series.entries()) {
      const kind = layout.kinds[position] ?? 'gauge';
      let into = spans.get(id);
      if (!into) spans.set(id, (into = emptyBuckets(day, HOUR_MS, DAY_MS / HOUR_MS, kind)));
      addBuckets(into, read(position, kind));
    }
  }
  const present = new Set(hours.map((row) => row.layoutId));
  const active = layouts.filter((layout) => present.has(layout.id)).toSorted((a, b) => b.id - a.id);
  return active.map((layout) => {
    const own = layout.series.map((id) => {
      const told = spans.get(id);
      spans.delete(id);
      return told;
    });
    const block = encodeRollup(day, HOUR_MS, DAY_MS / HOUR_MS, own);
    return { deviceId: layout.deviceId, layoutId: layout.id, start: day, block };
  });
}
