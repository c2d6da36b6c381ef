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

/** The 1-hour spans of one device's day, out of its 5-minute spans. */
export function rollupDay(day: number, hours: readonly StoredBlock[], layouts: readonly KnownLayout[]): StoredBlock[] {
  const sorted = hours.toSorted((a, b) => a.start - b.start);
  return layouts.flatMap((layout) => {
    const own = sorted.filter((row) => row.layoutId === layout.id);
    if (own.length === 0) return [];
    const readers = own.map((row) => rollupReader(decodeBlock(row.block), FIVE_MINUTES_MS));
    const spans = layout.kinds.map((kind, position) => {
      const buckets = emptyBuckets(day, HOUR_MS, DAY_MS / HOUR_MS, kind);
      for (const read of readers) addBuckets(buckets, read(position, kind));
      return buckets;
    });
    const block = encodeRollup(day, HOUR_MS, DAY_MS / HOUR_MS, spans);
    return [{ deviceId: layout.deviceId, layoutId: layout.id, start: day, block }];
  });
}
