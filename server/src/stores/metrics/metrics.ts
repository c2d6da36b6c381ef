import type { BatchOrigin } from '#domain/batch-origin.ts';
import type { Labels, Point, RangeFunction, SeriesKind } from '@sotp/contract/metrics.ts';

export type { MetricUsageStore } from './usage.ts';

/** What a series is, apart from its device. Structurally the collectors' `SeriesSpec`. */
export interface SeriesSpec {
  readonly metric: string;
  readonly labels: Readonly<Labels>;
  readonly unit: string | null;
  readonly kind: SeriesKind;
}

/** Known by identity: the same object means the same series in the same order. */
export interface Layout {
  readonly series: readonly SeriesSpec[];
}

/** One poll of one device: a row. */
export interface PollRow {
  readonly deviceId: number;
  /** The scheduled instant, epoch ms: the samples' time. */
  readonly at: number;
  /** The true instant, epoch ms: what rates divide by. */
  readonly polledAt: number;
  /** Counters start anew with this row. */
  readonly restarted: boolean;
  readonly layout: Layout;
  /** NaN: no value. Infinities are refused. */
  readonly values: Float64Array | number[];
}

export type { BatchOrigin };

export interface StoredSeries extends SeriesSpec {
  readonly id: number;
  readonly deviceId: number;
}

export interface SeriesFilter {
  readonly deviceIds?: readonly number[];
  readonly metric?: string;
  readonly labels?: Readonly<Labels>;
  /** Ids greater than this, ascending. */
  readonly after?: number;
  readonly limit: number;
}

/** Labels that series have, and those that they are to have instead; other labels of theirs stay. */
export interface LabelMove {
  readonly from: Readonly<Labels>;
  readonly to: Readonly<Labels>;
}

export interface RangeQuery {
  readonly series: readonly StoredSeries[];
  /** Epoch ms, inclusive; aligned down to `stepMs` by the store. */
  readonly from: number;
  /** Epoch ms, exclusive. */
  readonly to: number;
  readonly stepMs: number;
  readonly fn: RangeFunction;
}

export interface RangeResult {
  readonly series: StoredSeries;
  /** One point a step from `from` to `to`, null where there was nothing. */
  readonly points: readonly Point[];
}

export interface LatestValue {
  readonly series: StoredSeries;
  readonly at: number;
  readonly value: number;
}

/** Series of one range at most, and points of all of them together. */
export const SERIES_PER_RANGE = 20_000;
export const POINTS_PER_RANGE = 5_000_000;

/** The time series, whichever back end keeps them. Both back ends pass `metrics.contract.ts`. */
export interface MetricStore {
  /** Stores rows and the origin's sequence in one transaction; true when they were new, false when already there. */
  write(rows: readonly PollRow[], origin?: BatchOrigin): Promise<boolean>;
  /** The catalogue. */
  series(filter: SeriesFilter): Promise<StoredSeries[]>;
  /** Refused with `query_too_large` above `SERIES_PER_RANGE` series and `POINTS_PER_RANGE` points. Aborted it stops the database too. */
  range(query: RangeQuery, signal?: AbortSignal): Promise<RangeResult[]>;
  /** The newest value of each of the series that has one at most `maxAgeMs` old, in the order asked. */
  latest(series: readonly StoredSeries[], maxAgeMs: number, signal?: AbortSignal): Promise<LatestValue[]>;
  /**
   * Gives ports of a device the labels by which the reading at `at` (epoch ms) knows them; their series go on. All moves
   * happen at once, so labels may be exchanged. Rows dated before `at` still mean what labels meant then. Applied again
   * for the same instant it changes nothing. Called without moves when a device's ports were read and are the same.
   */
  relabel(deviceId: number, at: number, moves: readonly LabelMove[]): Promise<void>;
  /**
   * Takes a relabelling back: of the series labelled `from`, what was measured since `since` becomes new series under
   * these labels, and what is older keeps its series, under `to`.
   */
  fork(deviceId: number, since: number, move: LabelMove): Promise<void>;
  /** Puts the older series labelled `from` before those labelled `to`. Throws `conflict` when both were ever measured at once. */
  join(deviceId: number, at: number, move: LabelMove): Promise<void>;
  /** Forgets a device's series and samples. */
  removeDevice(deviceId: number): Promise<void>;
  /**
   * Creates partitions ahead, packs closed hours, drops what retention no longer keeps; called every few minutes by the
   * leader. Aborted it stops at the next good moment; the next call goes on.
   */
  maintain(now: number, signal?: AbortSignal): Promise<void>;
}
