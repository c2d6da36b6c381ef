import type { Forecast, ForecastAnswer, ForecastQuery, Point } from '@sotp/contract/metrics.ts';
import { crossing, lineThrough } from '#domain/forecast.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { MetricStore, StoredSeries } from '#stores/metrics/metrics.ts';
import { answerOf } from './answer.ts';
import { deadline } from './deadline.ts';
import type { QueryLimits } from './limits.ts';
import { badField, stepOf, windowOf } from './selection.ts';
import type { SeriesSelector } from './selection.ts';

/** How old the value of a limiting metric may be. */
const LIMIT_AGE_MS = 2 * 86_400_000;
/** Points that a line is laid through, when no step is asked for: hours of a month. */
const STEP = '1h';

export interface ForecastDeps {
  readonly metrics: MetricStore;
  readonly clock: Clock;
  readonly limits: QueryLimits;
  seriesOf(actor: Actor, query: SeriesSelector, limit: number): Promise<StoredSeries[]>;
}

/** What two series of one thing have in common: the device and the labels. */
export const placeOf = ({ deviceId, labels }: StoredSeries) =>
  JSON.stringify([deviceId, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

/** Lays a straight line through every series that matches, and says when it crosses the limit. */
export function createForecasts({ metrics, clock, limits, seriesOf }: ForecastDeps) {
  /** The limit of each series, by its id. */
  async function limitsOf(
    actor: Actor,
    series: readonly StoredSeries[],
    query: ForecastQuery & { labels?: Record<string, string> },
    signal: AbortSignal,
  ): Promise<(one: StoredSeries) => number | null> {
    const { limit, limitMetric, device, labels } = query;
    if (limitMetric === undefined) return () => limit ?? null;
    const filter = { metric: limitMetric, device, ...(labels ? { labels } : {}) };
    const candidates = await seriesOf(actor, filter, limits.series + 1);
    const values = await metrics.latest(candidates, LIMIT_AGE_MS, signal);
    const byPlace = new Map(values.map((one) => [placeOf(one.series), one.value]));
    return (one) => byPlace.get(placeOf(one)) ?? null;
  }

  return async function forecast(
    actor: Actor,
    query: ForecastQuery & { labels?: Record<string, string> },
    left?: AbortSignal,
  ): Promise<ForecastAnswer> {
    if (query.limit !== undefined && query.limitMetric !== undefined) {
      throw badField('limitMetric', 'is instead of limit, not beside it');
    }
    const { from, to } = windowOf(query, clock.now());
    const stepMs = stepOf(query.step ?? STEP, to - from, 0);
    const series = await seriesOf(actor, query, limits.series + 1);
    const points = Math.ceil((to - from) / stepMs) * series.length;
    if (series.length > limits.series || points > limits.answerPoints) {
      const sentence = `Forecasts are made of at most ${limits.series} series and ${limits.answerPoints} points: name a device or a label, or take a longer step.`;
      throw new AppError('query_too_large', sentence, { details: { limit: limits.series } });
    }
    const within = deadline(limits.seconds, left);
    const limitOf = await within.run(limitsOf(actor, series, query, within.signal));
    const byId = new Map(series.map((one) => [String(one.id), one]));
    const items: Forecast[] = [];
    for await (const { points: own, ...rest } of within.each(
      answerOf(metrics, { series, from, to, stepMs, fn: query.fn }, within.signal),
    )) {
      const one = byId.get(rest.id)!;
      items.push({ ...rest, deviceId: String(one.deviceId), ...judge(own, to, limitOf(one)) });
    }
    return { items };
  };
}

function judge(points: readonly Point[], to: number, limit: number | null) {
  const line = lineThrough(points, to);
  if (!line) return { value: null, slopePerDay: null, fit: null, limit, exceeded: false, reachesAt: null };
  const at = limit === null ? null : crossing(line, limit, to);
  return {
    ...line,
    limit,
    exceeded: limit !== null && line.value >= limit,
    reachesAt: at === null ? null : new Date(at).toISOString(),
  };
}
