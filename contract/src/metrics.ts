import { z } from 'zod';
import { Id, Instant, PageQuery } from './lists.ts';

export const SeriesKind = z.enum(['gauge', 'counter', 'state']);
export type SeriesKind = z.infer<typeof SeriesKind>;

export const Labels = z.record(z.string(), z.string());
export type Labels = z.infer<typeof Labels>;

export const Series = z.object({
  id: Id,
  deviceId: Id,
  metric: z.string(),
  labels: Labels,
  unit: z.string().nullable(),
  kind: SeriesKind,
});
export type Series = z.infer<typeof Series>;

export const SeriesQuery = PageQuery.extend({
  device: Id.optional(),
  metric: z.string().max(200).optional(),
});
export type SeriesQuery = z.infer<typeof SeriesQuery>;

export const RANGE_FUNCTIONS = ['avg', 'min', 'max', 'last', 'sum', 'rate', 'increase', 'p95'] as const;
export const RangeFunction = z.enum(RANGE_FUNCTIONS);
export type RangeFunction = z.infer<typeof RangeFunction>;

/** `[epochMs, value | null]`; null is a gap, never a zero. */
export const Point = z.tuple([z.number(), z.number().nullable()]);
export type Point = z.infer<typeof Point>;

/** Besides these, `label.NAME=value` narrows by label. Instants: RFC 3339, epoch ms, or `now-6h`. */
export const MetricQuery = z.object({
  metric: z.string().min(1).max(200),
  device: Id.optional(),
  from: z.string().max(40).default('now-1h'),
  to: z.string().max(40).default('now'),
  /** Seconds, or with a unit: `30s`, `5m`, `1h`, `1d`. Left out: chosen so that at most 1,000 points come. */
  step: z.string().max(20).optional(),
  fn: RangeFunction.optional(),
});
export type MetricQuery = z.infer<typeof MetricQuery>;

export const MetricAnswer = z.object({
  /** Seconds between points. */
  step: z.number(),
  series: z.array(
    z.object({
      id: Id,
      deviceId: Id,
      metric: z.string(),
      labels: Labels,
      unit: z.string().nullable(),
      points: z.array(Point),
    }),
  ),
});
export type MetricAnswer = z.infer<typeof MetricAnswer>;

/** `GET /metrics/latest?device=`: the newest value of each of a device's series. */
export const LatestQuery = z.object({ device: Id });
export const LatestValue = Series.omit({ deviceId: true }).extend({ at: Instant, value: z.number() });
export type LatestValue = z.infer<typeof LatestValue>;
export const LatestAnswer = z.object({ items: z.array(LatestValue) });
export type LatestAnswer = z.infer<typeof LatestAnswer>;
