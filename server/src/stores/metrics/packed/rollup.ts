import type { SeriesKind } from '@sotp/contract/metrics.ts';
import { addBuckets, addSamples } from '#stores/metrics/aggregate.ts';
import type { Buckets } from '#stores/metrics/aggregate.ts';
import type { StoredBlock } from './blocks.ts';
import type { StoredLayout } from './catalogue.ts';
import { decodeBlock } from './codec.ts';
import { DAY_MS, HOUR_MS, monthOf } from './partitions.ts';
import { piecesOf } from './pieces.ts';
import { emptyMatrix, encodeRollup, rollupReader } from './rollup-block.ts';
import type { RollupMatrix } from './rollup-block.ts';
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
  return spansOfHour(start, hour, before, layouts).map(packSpans);
}

/** Spans of all series of a layout. */
export interface LayoutSpans {
  readonly layout: KnownLayout;
  readonly matrix: RollupMatrix;
}

/** The same, not packed. */
export function spansOfHour(
  start: number,
  hour: readonly PollBlock[],
  before: readonly PollBlock[],
  layouts: readonly KnownLayout[],
): LayoutSpans[] {
  const polled = new Set(hour.map((block) => block.layoutId));
  const active = layouts.filter((layout) => polled.has(layout.id)).toSorted((a, b) => b.id - a.id);
  const timelines = createTimelines([...before, ...hour], layouts);
  const told = new Set<number>();
  return active.map((layout) => {
    const matrix = emptyMatrix(start, FIVE_MINUTES_MS, HOUR_MS / FIVE_MINUTES_MS, layout.kinds);
    for (const [position, id] of layout.series.entries()) {
      if (told.has(id)) continue;
      told.add(id);
      addSamples(matrix.series[position]!, timelines(id));
    }
    return { layout, matrix };
  });
}

const packSpans = ({ layout, matrix }: LayoutSpans): StoredBlock => ({
  deviceId: layout.deviceId,
  layoutId: layout.id,
  start: matrix.from,
  block: encodeRollup(matrix),
});

/**
 * The spans of one device's day, of an hour or of 5 minutes, out of its 5-minute spans. Again the youngest layout tells a
 * shared series.
 */
export function rollupDay(
  day: number,
  spanMs: number,
  hours: readonly StoredBlock[],
  layouts: readonly KnownLayout[],
): StoredBlock[] {
  return spansOfDay(day, spanMs, hours, layouts).map(packSpans);
}

/**
 * The 1-hour spans of one device's day, and the 1-day spans of its month: `month` is what is stored of them, in which this
 * day is told anew.
 */
export function rollupDayAndMonth(
  day: number,
  hours: readonly StoredBlock[],
  month: readonly StoredBlock[],
  layouts: readonly KnownLayout[],
): { day: StoredBlock[]; month: StoredBlock[] } {
  const spans = spansOfDay(day, HOUR_MS, hours, layouts);
  const from = monthOf(day);
  const stored = new Map(month.map((row) => [row.layoutId, decodeBlock(row.block)]));
  const monthSpans = layouts.flatMap((layout): LayoutSpans[] => {
    const before = stored.get(layout.id);
    const now = spans.find((one) => one.layout === layout);
    if (!before && !now) return [];
    const length = Math.max(before?.length ?? 0, now ? (day - from) / DAY_MS + 1 : 0);
    const matrix = emptyMatrix(from, DAY_MS, length, layout.kinds);
    const read = before && rollupReader(before, DAY_MS);
    for (const [position, into] of matrix.series.entries()) {
      if (read) {
        const known = read(position, layout.kinds[position] ?? 'gauge');
        addBuckets(into, known, from, day);
        addBuckets(into, known, day + DAY_MS);
      }
      if (now) addBuckets(into, now.matrix.series[position]!);
    }
    return [{ layout, matrix }];
  });
  return { month: monthSpans.map(packSpans), day: spans.map(packSpans) };
}

function spansOfDay(
  day: number,
  spanMs: number,
  hours: readonly StoredBlock[],
  layouts: readonly KnownLayout[],
): LayoutSpans[] {
  const present = new Set(hours.map((row) => row.layoutId));
  const active = layouts.filter((layout) => present.has(layout.id)).toSorted((a, b) => b.id - a.id);
  const matrices = active.map((layout) => emptyMatrix(day, spanMs, DAY_MS / spanMs, layout.kinds));
  const spans = new Map<number, Buckets>();
  for (const [i, layout] of active.entries()) {
    for (const [position, id] of layout.series.entries()) {
      if (!spans.has(id)) spans.set(id, matrices[i]!.series[position]!);
    }
  }
  for (const { row, since, until } of piecesOf(hours)) {
    const layout = active.find((one) => one.id === row.layoutId);
    if (!layout) continue;
    const read = rollupReader(decodeBlock(row.block), FIVE_MINUTES_MS);
    for (const [position, id] of layout.series.entries()) {
      addBuckets(spans.get(id)!, read(position, layout.kinds[position] ?? 'gauge'), since, until);
    }
  }
  return active.map((layout, i) => ({ layout, matrix: matrices[i]! }));
}
