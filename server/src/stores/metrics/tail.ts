import type { Queryable } from '#stores/postgres/postgres.ts';
import type { Buckets } from './aggregate.ts';
import type { StoredSeries } from './metrics.ts';
import type { Look } from './packed/look.ts';
import type { StoredLayout } from './packed/catalogue.ts';
import type { PollBlock } from './packed/timeline.ts';

/** The roll-ups: spans of a day (UTC), of an hour and of five minutes. */
export type SpanTier = '1d' | '1h' | '5m';

export interface Span {
  /** Epoch ms, inclusive and exclusive. */
  readonly from: number;
  readonly to: number;
}

/** What the compactor has left behind; epoch ms. */
export interface Finished {
  /** Start of the youngest hour that is rolled up; 5-minute spans are complete through its end. */
  readonly hour: number | null;
  /** Start of the youngest day through whose end 1-hour spans are complete. */
  readonly day: number | null;
  /** Whether there are spans of a day, as far as those of an hour are complete. */
  readonly hasDays: boolean;
}

/**
 * Where polls lie once their hour has closed, as those who read ranges need it. Every query says over what it runs: the
 * pool, or a connection that can be cancelled.
 */
export interface Tail {
  finished(look: Look): Finished;
  /**
   * Polls by device from the beginning of the hour in which the span begins, to its end: those of the layouts, with the values of the wanted
   * series, and those of other layouts of the devices that say "restarted".
   */
  polls(
    db: Queryable,
    layouts: readonly StoredLayout[],
    wanted: ReadonlySet<number>,
    span: Span,
  ): Promise<Map<number, PollBlock[]>>;
  /** The last polls of each layout before an instant, at most `maxAgeMs` old. */
  lastPolls(
    db: Queryable,
    layouts: readonly StoredLayout[],
    wanted: ReadonlySet<number>,
    before: number,
    maxAgeMs: number,
  ): Promise<Map<number, PollBlock[]>>;
  /**
   * Reads roll-up spans that begin in [from, to); of counters asked for growth only that. What it answers adds them to
   * the buckets of the series, and is called in the order of time.
   */
  readSpans(
    db: Queryable,
    tier: SpanTier,
    span: Span,
    layouts: readonly StoredLayout[],
    wanted: ReadonlyMap<StoredSeries, Buckets>,
    growth: boolean,
  ): Promise<() => void>;
}

/** Blocks of several places in one map. */
export function mergeBlocks(...places: ReadonlyMap<number, readonly PollBlock[]>[]): Map<number, PollBlock[]> {
  const all = new Map<number, PollBlock[]>();
  for (const place of places) {
    for (const [deviceId, blocks] of place) all.set(deviceId, [...(all.get(deviceId) ?? []), ...blocks]);
  }
  return all;
}
