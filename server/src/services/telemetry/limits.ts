import { POINTS_PER_RANGE, SERIES_PER_RANGE } from '#stores/metrics/metrics.ts';

/** What one query may take. */
export interface QueryLimits {
  /** Points of one series of the answer. */
  readonly points: number;
  /** Series that a query reads, and that an answer has when they are not put together. */
  readonly seriesRead: number;
  readonly series: number;
  /** Points that are read, and points of an answer. */
  readonly pointsRead: number;
  readonly answerPoints: number;
  readonly seconds: number;
  /** Series of one export. */
  readonly exported: number;
}

export const QUERY_LIMITS: QueryLimits = {
  points: 11_000,
  seriesRead: SERIES_PER_RANGE,
  series: 2_000,
  pointsRead: POINTS_PER_RANGE,
  answerPoints: 2_000_000,
  seconds: 30,
  exported: 100_000,
};
