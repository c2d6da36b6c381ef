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

export const RANGE_FUNCTIONS = ['avg', 'min', 'max', 'last', 'sum', 'count', 'rate', 'increase', 'p95'] as const;
export const RangeFunction = z.enum(RANGE_FUNCTIONS);
export type RangeFunction = z.infer<typeof RangeFunction>;

/** What a query may ask for: what stores answer, and `delta`, the change of a value from span to span. */
export const QueryFunction = z.enum([...RANGE_FUNCTIONS, 'delta']);
export type QueryFunction = z.infer<typeof QueryFunction>;

/** How series are put together, step by step. */
export const Aggregate = z.enum(['sum', 'avg', 'min', 'max', 'count', 'quantile']);
export type Aggregate = z.infer<typeof Aggregate>;

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
  fn: QueryFunction.optional(),
  /** One series for each group instead of one for each match. */
  aggregate: Aggregate.optional(),
  /** Labels that make groups, with commas between; `device` is one of them. Left out: all is one group. */
  by: z.string().max(500).optional(),
  /** Of `aggregate=quantile`: 0.5 is the median. */
  q: z.coerce.number().min(0).max(1).optional(),
  /** Only so many series: those with the greatest mean. */
  topk: z.coerce.number().int().min(1).max(1000).optional(),
});
export type MetricQuery = z.infer<typeof MetricQuery>;

export const MetricAnswer = z.object({
  /** Seconds between points. */
  step: z.number(),
  series: z.array(
    z.object({
      id: Id,
      /** Null when series of several devices are put together. */
      deviceId: Id.nullable(),
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

/** `GET /metrics/forecast`: a straight line through what was, and when it crosses a limit. */
export const ForecastQuery = MetricQuery.pick({ metric: true, device: true, to: true, step: true }).extend({
  from: z.string().max(40).default('now-30d'),
  fn: QueryFunction.optional(),
  /** In the unit of the metric. */
  limit: z.coerce.number().optional(),
  /** Instead: the metric of the same device and labels whose newest value is the limit, as hrStorageSize of hrStorageUsed. */
  limitMetric: z.string().min(1).max(200).optional(),
});
export type ForecastQuery = z.infer<typeof ForecastQuery>;
export const Forecast = Series.omit({ kind: true }).extend({
  /** On the line, at the end of the range; null without two points. */
  value: z.number().nullable(),
  slopePerDay: z.number().nullable(),
  /** How much of the ups and downs the line explains: 1 all, 0 nothing. */
  fit: z.number().nullable(),
  limit: z.number().nullable(),
  /** Whether the line is at or above the limit already. */
  exceeded: z.boolean(),
  /** When the line crosses the limit, if it will within ten years. */
  reachesAt: Instant.nullable(),
});
export type Forecast = z.infer<typeof Forecast>;
export const ForecastAnswer = z.object({ items: z.array(Forecast) });
export type ForecastAnswer = z.infer<typeof ForecastAnswer>;

/** `GET /metrics/usage`: what the time series take on disk. */
export const MetricUsage = z.object({
  bytes: z.number(),
  /** When retention has filled up, if devices and intervals stay as they are; null until an hour of polls has been packed. */
  forecastBytes: z.number().nullable(),
  tiers: z.array(
    z.object({
      /** Polls as they came, packed polls, roll-ups of 5 minutes and an hour, and the list of series. */
      tier: z.enum(['polls', 'packed', '5m', '1h', 'catalogue']),
      bytes: z.number(),
      /** Null: for as long as the device is there. */
      keepDays: z.number().nullable(),
      /** Null as long as nothing is there to tell by. */
      forecastBytes: z.number().nullable(),
    }),
  ),
});
export type MetricUsage = z.infer<typeof MetricUsage>;

/** `GET /metrics/usage/{device}`. */
export const DeviceUsage = z.object({ bytes: z.number() });
export type DeviceUsage = z.infer<typeof DeviceUsage>;
