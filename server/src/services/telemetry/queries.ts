import type { z } from 'zod';
import type {
  DeviceUsage,
  ForecastAnswer,
  ForecastQuery,
  LatestAnswer,
  MetricQuery,
  MetricUsage,
  Series,
  SeriesQuery,
} from '@sotp/contract/metrics.ts';
import type { Page } from '@sotp/contract/lists.ts';
import { pageAfter, parseCursor, parseId } from '#domain/paging.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { DeviceStore } from '#stores/devices/devices.ts';
import type { LatestValue, MetricStore, MetricUsageStore, StoredSeries } from '#stores/metrics/metrics.ts';
import { answerOf } from './answer.ts';
import type { AnswerSeries, Question } from './answer.ts';
import { deadline } from './deadline.ts';
import { createForecasts } from './forecasts.ts';
import { QUERY_LIMITS } from './limits.ts';
import type { QueryLimits } from './limits.ts';
import { badField, createSelection, stepOf, windowOf } from './selection.ts';
import type { SeriesSelector } from './selection.ts';

/** How far back "latest" looks. */
const LATEST_MS = 15 * 60_000;
/** More series than any device has. */
const LATEST_SERIES_MAX = 1_000_000;

/** A query of samples: the contract's, and labels to narrow by. */
export type SampleQuery = z.input<typeof MetricQuery> & { readonly labels?: Readonly<Record<string, string>> };

/** An answer whose series come one after the other. */
export interface SampleAnswer {
  /** Seconds between points. */
  readonly step: number;
  /** Points of all series together, at most. */
  readonly points: number;
  readonly series: AsyncIterable<AnswerSeries>;
}

/** Newest values, and what the devices are called. */
export interface Exported {
  readonly values: readonly LatestValue[];
  readonly deviceNames: ReadonlyMap<number, string>;
}

/** What was measured, as far as the actor's sites reach. */
export interface Telemetry {
  series(actor: Actor, query: SeriesQuery): Promise<Page<Series>>;
  /** Throws `query_too_large` with the limit that was passed; the series may throw `deadline_exceeded`. */
  query(actor: Actor, query: SampleQuery, signal?: AbortSignal): Promise<SampleAnswer>;
  latest(actor: Actor, deviceId: string, signal?: AbortSignal): Promise<LatestAnswer>;
  forecast(
    actor: Actor,
    query: ForecastQuery & { labels?: Record<string, string> },
    signal?: AbortSignal,
  ): Promise<ForecastAnswer>;
  /** The newest values of all that match. */
  exported(actor: Actor, query: SeriesSelector, signal?: AbortSignal): Promise<Exported>;
  /** What all time series take on disk, and those of one device. */
  usage(): Promise<MetricUsage>;
  deviceUsage(actor: Actor, deviceId: string): Promise<DeviceUsage>;
  /** What these devices are called. */
  deviceNames(ids: readonly number[]): Promise<ReadonlyMap<number, string>>;
}

export interface TelemetryDeps {
  metrics: MetricStore & MetricUsageStore;
  devices: DeviceStore;
  clock: Clock;
  limits?: Partial<QueryLimits>;
}

function toSeries(series: StoredSeries): Series {
  const { id, deviceId, metric, labels, unit, kind } = series;
  return { id: String(id), deviceId: String(deviceId), metric, labels: { ...labels }, unit, kind };
}

function tooLarge(sentence: string, limit: number): AppError {
  return new AppError('query_too_large', sentence, { details: { limit } });
}

/** Refuses what is more than a query may take, saying what would make it less. */
function checkQuestion({ series, from, to, stepMs, aggregate, topk }: Question, limits: QueryLimits): number {
  const points = Math.ceil((to - from) / stepMs) + 1;
  if (points > limits.points) {
    const sentence = `This would be ${points} points a series, and ${limits.points} is the limit: take a longer step or a shorter range.`;
    throw tooLarge(sentence, limits.points);
  }
  const most = aggregate || topk !== undefined ? limits.seriesRead : limits.series;
  if (series.length > most) {
    throw tooLarge(`More than ${most} series match, which is the limit: name a device or a label.`, most);
  }
  const answered = aggregate ? 0 : Math.min(series.length, topk ?? Infinity) * points;
  const read = series.length * points;
  for (const [count, limit] of [
    [answered, limits.answerPoints],
    [read, limits.pointsRead],
  ] as const) {
    if (count <= limit) continue;
    const sentence = `${series.length} series of ${points} points are more than ${limit}, the limit: take a longer step, or name a device or a label.`;
    throw tooLarge(sentence, limit);
  }
  return aggregate ? read : answered;
}

function groupingOf({ aggregate, by, q, topk }: SampleQuery) {
  if (by !== undefined && aggregate === undefined) throw badField('by', 'needs an aggregate, as aggregate=sum');
  if ((q === undefined) === (aggregate === 'quantile')) {
    throw badField('q', q === undefined ? 'is needed for aggregate=quantile' : 'is for aggregate=quantile only');
  }
  const names = (by ?? '').split(',').map((name) => name.trim());
  const numbers = { q: q as number | undefined, topk: topk as number | undefined };
  return { aggregate, by: names.filter((name) => name !== ''), ...numbers };
}

export function createTelemetry(deps: TelemetryDeps): Telemetry {
  const { metrics, devices, clock } = deps;
  const limits = { ...QUERY_LIMITS, ...deps.limits };
  const { deviceIds, intervalOf } = createSelection(devices);

  async function seriesOf(actor: Actor, { metric, device, labels }: SeriesSelector, limit: number) {
    const narrow = { ...(metric === undefined ? {} : { metric }), ...(labels ? { labels } : {}), limit };
    const id = device === undefined ? undefined : parseId(device);
    if (id === undefined) {
      const ids = await deviceIds(actor, device);
      return metrics.series({ ...(ids ? { deviceIds: ids } : {}), ...narrow });
    }
    const found = metrics.series({ deviceIds: [id], ...narrow });
    // Who may see every device may see this one, if there is any such.
    if (actor.scope === null && (await found).length > 0) return found;
    // What is found is told only to those who may see the device, which the other question finds out meanwhile.
    const [series] = await Promise.all([found, deviceIds(actor, device)]);
    return series;
  }

  async function deviceNames(ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
    return new Map((await devices.getMany([...new Set(ids)])).map(({ id, name }) => [id, name]));
  }

  async function sitesOf(ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
    return new Map((await devices.getMany([...new Set(ids)])).map(({ id, site }) => [id, site ?? '']));
  }

  return {
    deviceNames,
    async usage() {
      const { bytes, forecastBytes, tiers } = await metrics.usage();
      return { bytes, forecastBytes, tiers: [...tiers] };
    },
    async deviceUsage(actor, deviceId) {
      const [id] = (await deviceIds(actor, deviceId)) ?? [];
      return { bytes: id === undefined ? 0 : await metrics.deviceUsage(id) };
    },
    async series(actor, { limit, cursor, device, metric }) {
      const ids = await deviceIds(actor, device);
      const rows = await metrics.series({
        ...(ids ? { deviceIds: ids } : {}),
        ...(metric === undefined ? {} : { metric }),
        after: parseCursor(cursor) ?? 0,
        limit: limit + 1,
      });
      return pageAfter(rows, limit, toSeries);
    },
    async query(actor, query, signal) {
      const { from, to } = windowOf(query, clock.now());
      const grouping = groupingOf(query);
      const series = await seriesOf(actor, query, limits.seriesRead + 1);
      const stepMs = stepOf(query.step, to - from, query.step === undefined ? await intervalOf(series) : 0);
      const sites = grouping.by.includes('site') ? await sitesOf(series.map(({ deviceId }) => deviceId)) : undefined;
      const question: Question = { series, from, to, stepMs, fn: query.fn, ...grouping, sites };
      const points = checkQuestion(question, limits);
      const within = deadline(limits.seconds, signal);
      return { step: stepMs / 1000, points, series: within.each(answerOf(metrics, question, within.signal)) };
    },
    async latest(actor, deviceId, signal) {
      const ids = (await deviceIds(actor, deviceId)) ?? [];
      const all = await metrics.series({ deviceIds: ids, limit: LATEST_SERIES_MAX });
      const items = (await metrics.latest(all, LATEST_MS, signal)).map(({ series, at, value }) => {
        const { deviceId: _deviceId, ...rest } = toSeries(series);
        return { ...rest, at: new Date(at).toISOString(), value };
      });
      return { items };
    },
    forecast: createForecasts({ metrics, clock, limits, seriesOf }),
    async exported(actor, query, signal) {
      const series = await seriesOf(actor, query, limits.exported + 1);
      if (series.length > limits.exported) {
        const sentence = `More than ${limits.exported} series match, which is the limit of one export: name a metric, a device or a label.`;
        throw tooLarge(sentence, limits.exported);
      }
      const within = deadline(limits.seconds, signal);
      const values = await within.run(metrics.latest(series, LATEST_MS, within.signal));
      return { values, deviceNames: await deviceNames(values.map((one) => one.series.deviceId)) };
    },
  };
}
