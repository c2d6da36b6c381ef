import type { Aggregate, MetricAnswer, Point, QueryFunction } from '@sotp/contract/metrics.ts';
import { changes, createCombined, createTop, meanOf } from '#domain/combine.ts';
import type { Combined } from '#domain/combine.ts';
import type { MetricStore, StoredSeries } from '#stores/metrics/metrics.ts';

export type AnswerSeries = MetricAnswer['series'][number];

/** What is asked of series that are found already. */
export interface Question {
  readonly series: readonly StoredSeries[];
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  /** Left out: counters as rates, all others as means. */
  readonly fn?: QueryFunction | undefined;
  readonly aggregate?: Aggregate | undefined;
  readonly by?: readonly string[];
  readonly q?: number | undefined;
  readonly topk?: number | undefined;
  /** Sites of the devices; asked for when series are put together by site. */
  readonly sites?: ReadonlyMap<number, string> | undefined;
}

/** Points that are in memory at once, about. */
const POINTS_AT_ONCE = 50_000;

interface Found {
  readonly series: StoredSeries;
  readonly points: readonly Point[];
}

/** Series in parts of so many points, no device in two parts unless it has too many by itself. */
function* parts(series: readonly StoredSeries[], pointsEach: number): Generator<readonly StoredSeries[]> {
  const most = Math.max(1, Math.floor(POINTS_AT_ONCE / Math.max(1, pointsEach)));
  let part: StoredSeries[] = [];
  for (const own of Map.groupBy(series, (one) => one.deviceId).values()) {
    if (part.length > 0 && part.length + own.length > most) {
      yield part;
      part = [];
    }
    part.push(...own);
    while (part.length > most) yield part.splice(0, most);
  }
  if (part.length > 0) yield part;
}

/** The points of every series, part after part. */
async function* pointsOf(metrics: MetricStore, question: Question, signal?: AbortSignal): AsyncGenerator<Found> {
  const { series, from, to, stepMs, fn } = question;
  const byFn = Map.groupBy(series, (one) => fn ?? (one.kind === 'counter' ? 'rate' : 'avg'));
  for (const [asked, group] of byFn) {
    const isDelta = asked === 'delta';
    const query = { from: isDelta ? from - stepMs : from, to, stepMs, fn: isDelta ? ('last' as const) : asked };
    for (const part of parts(group, Math.ceil((to - from) / stepMs))) {
      for (const found of await metrics.range({ ...query, series: part }, signal)) {
        yield isDelta ? { series: found.series, points: changes(found.points) } : found;
      }
    }
  }
}

function plain({ series, points }: Found): AnswerSeries {
  const { id, deviceId, metric, labels, unit } = series;
  return {
    id: String(id),
    deviceId: String(deviceId),
    metric,
    labels: { ...labels },
    unit,
    points: points as AnswerSeries['points'],
  };
}

interface Group {
  readonly first: StoredSeries;
  readonly labels: Record<string, string>;
  readonly combined: Combined;
  readonly devices: Set<number>;
  readonly units: Set<string | null>;
}

/** One series a group, in the order in which groups were met. */
async function combine(found: AsyncIterable<Found>, question: Question): Promise<AnswerSeries[]> {
  const { aggregate = 'sum', by = [], q, sites } = question;
  // A site is the device's, unless the series says otherwise.
  const valueOf = ({ labels, deviceId }: StoredSeries, name: string) =>
    labels[name] ?? (name === 'site' ? sites?.get(deviceId) : undefined) ?? '';
  const names = by.filter((name) => name !== 'device');
  const groups = new Map<string, Group>();
  for await (const { series, points } of found) {
    const labels = Object.fromEntries(names.map((name) => [name, valueOf(series, name)]));
    const key = JSON.stringify([by.includes('device') ? series.deviceId : null, ...Object.values(labels)]);
    let group = groups.get(key);
    if (!group) {
      const combined = createCombined(aggregate, q);
      groups.set(key, (group = { first: series, labels, combined, devices: new Set(), units: new Set() }));
    }
    group.combined.add(points);
    group.devices.add(series.deviceId);
    group.units.add(series.unit);
  }
  return [...groups.values()].map(({ first, labels, combined, devices, units }, i): AnswerSeries => ({
    id: `${aggregate}-${i + 1}`,
    deviceId: devices.size === 1 ? String(first.deviceId) : null,
    metric: first.metric,
    labels,
    unit: aggregate === 'count' || units.size !== 1 ? null : first.unit,
    points: combined.points() as AnswerSeries['points'],
  }));
}

async function best(series: AsyncIterable<AnswerSeries>, k: number): Promise<AnswerSeries[]> {
  const top = createTop<AnswerSeries>(k);
  for await (const one of series) top.add(meanOf(one.points), one);
  return top.entries();
}

async function* map<A, B>(items: AsyncIterable<A>, fn: (item: A) => B): AsyncGenerator<B> {
  for await (const item of items) yield fn(item);
}

async function* each<T>(items: Promise<readonly T[]>): AsyncGenerator<T> {
  yield* await items;
}

/** Answers series after series, so that an answer need not be in memory whole. */
export function answerOf(metrics: MetricStore, question: Question, signal?: AbortSignal): AsyncIterable<AnswerSeries> {
  const found = pointsOf(metrics, question, signal);
  const series = question.aggregate ? each(combine(found, question)) : map(found, plain);
  return question.topk === undefined ? series : each(best(series, question.topk));
}
