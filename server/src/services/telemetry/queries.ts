import type { z } from 'zod';
import type {
  LatestAnswer,
  MetricAnswer,
  MetricQuery,
  RangeFunction,
  Series,
  SeriesQuery,
} from '@sotp/contract/metrics.ts';
import type { Page } from '@sotp/contract/lists.ts';
import { pageAfter, parseCursor, parseId } from '#domain/paging.ts';
import { siteInScope } from '#domain/permissions.ts';
import { niceStep, parseInstant, parseStep } from '#domain/time-range.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { DeviceStore } from '#stores/devices/devices.ts';
import type { MetricStore, StoredSeries } from '#stores/metrics/metrics.ts';

/** Points of one series, series of one answer, and points of one answer at most. */
export const POINTS_MAX = 11_000;
export const SERIES_MAX = 1_000;
export const ANSWER_POINTS_MAX = 500_000;
/** Points of a series when no step is asked for. */
const DEFAULT_POINTS = 1_000;
/** Devices whose intervals are looked at to choose a step. */
const INTERVAL_SAMPLE = 100;
/** How far back "latest" looks. */
const LATEST_MS = 15 * 60_000;
/** More series than any device has. */
const LATEST_SERIES_MAX = 1_000_000;

/** A query of samples: the contract's, and labels to narrow by. */
export type SampleQuery = z.input<typeof MetricQuery> & { readonly labels?: Readonly<Record<string, string>> };
export type SampleAnswer = z.infer<typeof MetricAnswer>;

/** What was measured, as far as the actor's sites reach. */
export interface Telemetry {
  series(actor: Actor, query: SeriesQuery): Promise<Page<Series>>;
  /** Throws `query_too_large` with the limit that was passed. */
  query(actor: Actor, query: SampleQuery, signal?: AbortSignal): Promise<SampleAnswer>;
  latest(actor: Actor, deviceId: string): Promise<LatestAnswer>;
}

export interface TelemetryDeps {
  metrics: MetricStore;
  devices: DeviceStore;
  clock: Clock;
}

function toSeries(series: StoredSeries): Series {
  const { id, deviceId, metric, labels, unit, kind } = series;
  return { id: String(id), deviceId: String(deviceId), metric, labels: { ...labels }, unit, kind };
}

function badField(field: string, message: string): AppError {
  return new AppError('validation_failed', `${field}: ${message}`, {
    details: { fields: [{ path: field, message }] },
  });
}

function instantOf(field: 'from' | 'to', text: string, now: number): number {
  const at = parseInstant(text, now);
  if (at === undefined) {
    throw badField(field, `“${text}” is no instant: write RFC 3339, epoch milliseconds, now, or now-6h`);
  }
  return at;
}

/** The asked step, or one that gives at most 1,000 points and none between two polls. */
function stepOf(text: string | undefined, rangeMs: number, intervalMs: number): number {
  if (text === undefined) return Math.max(niceStep(rangeMs, DEFAULT_POINTS), niceStep(intervalMs, 1));
  const step = parseStep(text);
  if (step === undefined) throw badField('step', `“${text}” is no step: write seconds, or 30s, 5m, 1h, 1d`);
  return step;
}

function tooLarge(sentence: string, limit: number): AppError {
  return new AppError('query_too_large', sentence, { details: { limit } });
}

/** Counters only make sense as rates; of a mixed answer each series gets what suits it. */
function defaultFn(series: StoredSeries): RangeFunction {
  return series.kind === 'counter' ? 'rate' : 'avg';
}

export function createTelemetry({ metrics, devices, clock }: TelemetryDeps): Telemetry {
  /** The devices that an actor with a scope may see; undefined without a scope. */
  async function visibleIds(actor: Actor): Promise<number[] | undefined> {
    if (actor.scope === null) return undefined;
    const ids: number[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 1000, sort: 'name', order: 'asc', ...(cursor ? { cursor } : {}) } as const;
      const page = await devices.list(query, { sites: actor.scope.sites });
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return ids;
  }

  async function deviceIds(actor: Actor, device: string | undefined): Promise<number[] | undefined> {
    if (device === undefined) return visibleIds(actor);
    const id = parseId(device);
    const found = id === undefined ? undefined : await devices.get(id);
    if (!found || !siteInScope(actor.scope, found.site)) throw new AppError('not_found', 'There is no such device.');
    return [found.id];
  }

  /** The longest interval at which the devices of these series are polled, judged by some of them. */
  async function intervalOf(series: readonly StoredSeries[]): Promise<number> {
    const some = [...new Set(series.map(({ deviceId }) => deviceId))].slice(0, INTERVAL_SAMPLE);
    if (some.length === 0) return 0;
    const polled = await devices.getMany(some);
    const seconds = polled.flatMap(({ collectors }) => collectors.map(({ intervalSeconds }) => intervalSeconds));
    return Math.max(0, ...seconds) * 1_000;
  }

  return {
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
    async query(actor, { metric, device, from = 'now-1h', to = 'now', step, fn, labels }, signal) {
      const now = clock.now();
      const [start, end] = [instantOf('from', from, now), instantOf('to', to, now)];
      if (start >= end) throw badField('from', 'must be before to');
      const ids = await deviceIds(actor, device);
      const filter = { ...(ids ? { deviceIds: ids } : {}), metric, ...(labels ? { labels } : {}) };
      const series = await metrics.series({ ...filter, limit: SERIES_MAX + 1 });
      const stepMs = stepOf(step, end - start, step === undefined ? await intervalOf(series) : 0);
      const points = Math.ceil((end - start) / stepMs) + 1;
      if (points > POINTS_MAX) {
        const sentence = `This would be ${points} points a series, and ${POINTS_MAX} is the limit: take a longer step or a shorter range.`;
        throw tooLarge(sentence, POINTS_MAX);
      }
      if (series.length > SERIES_MAX) {
        throw tooLarge(
          `More than ${SERIES_MAX} series match, which is the limit: name a device or a label.`,
          SERIES_MAX,
        );
      }
      if (series.length * points > ANSWER_POINTS_MAX) {
        const sentence = `${series.length} series of ${points} points are more than ${ANSWER_POINTS_MAX}, the limit: take a longer step, or name a device or a label.`;
        throw tooLarge(sentence, ANSWER_POINTS_MAX);
      }
      const byFn = Map.groupBy(series, (one) => fn ?? defaultFn(one));
      const answers = await Promise.all(
        [...byFn].map(([rangeFn, group]) =>
          metrics.range({ series: group, from: start, to: end, stepMs, fn: rangeFn }, signal),
        ),
      );
      const results = answers.flat().map(({ series: one, points: values }) => {
        const { kind: _kind, ...rest } = toSeries(one);
        return { ...rest, points: values as SampleAnswer['series'][number]['points'] };
      });
      return { step: stepMs / 1000, series: results };
    },
    async latest(actor, deviceId) {
      const ids = (await deviceIds(actor, deviceId)) ?? [];
      const values = await metrics.latest(
        await metrics.series({ deviceIds: ids, limit: LATEST_SERIES_MAX }),
        LATEST_MS,
      );
      const items = values.map(({ series, at, value }) => {
        const { deviceId: _deviceId, ...rest } = toSeries(series);
        return { ...rest, at: new Date(at).toISOString(), value };
      });
      return { items };
    },
  };
}
