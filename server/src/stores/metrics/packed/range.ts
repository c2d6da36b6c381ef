import type { Clock } from '#platform/clock.ts';
import { addSamples, emptyBucketsOf, quantiles, toValues } from '#stores/metrics/aggregate.ts';
import type { RangeQuery, StoredSeries } from '#stores/metrics/metrics.ts';
import { checkSize } from '#stores/metrics/range-size.ts';
import { mergeBlocks } from '#stores/metrics/tail.ts';
import type { Finished, SpanTier, Tail } from '#stores/metrics/tail.ts';
import { MAX_SPAN_MS } from '#domain/counters.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import type { Catalogue, StoredLayout } from './catalogue.ts';
import { groupRows, readHead, readLast } from './head.ts';
import type { Look, Looks } from './look.ts';
import { DAY_MS, HOUR_MS } from './partitions.ts';
import { narrowReach } from './reach.ts';
import { FIVE_MINUTES_MS } from './rollup.ts';
import { createTimelines } from './timeline.ts';
import type { PollBlock } from './timeline.ts';

/** Blocks that are read at once, about: what bounds the memory of a query. */
const BLOCKS_PER_READ = 400;
/** What a block of each tier spans, about. */
const BLOCK_MS = { '1d': 30 * DAY_MS, '1h': DAY_MS, '5m': HOUR_MS, polls: HOUR_MS } as const;

export interface RangeDeps {
  readonly pg: Postgres;
  readonly clock: Clock;
  readonly layoutsOf: Catalogue['layoutsOf'];
  readonly looks: Looks;
  /** How long single polls are kept. */
  readonly rawMs: number;
  /** Where polls of closed hours lie at that time. */
  readonly tailOf: (look: Look) => Tail;
}

/** The values of a series, one a step from the query's first; NaN where there is none. */
interface SeriesValues {
  readonly series: StoredSeries;
  readonly values: Float64Array;
}

/** Answers for series in the order asked. */
export type ReadRange = (query: RangeQuery, signal?: AbortSignal) => Promise<SeriesValues[]>;

/** Where one query is answered from. */
interface Source {
  readonly db: Queryable;
  readonly look: Look;
  readonly tail: Tail;
}

/** A part of a query's time and who answers it: spans, or polls. */
export interface Segment {
  readonly tier: SpanTier | 'polls';
  readonly from: number;
  readonly to: number;
}

const down = (instant: number, unit: number) => Math.floor(instant / unit) * unit;

/** What the compactor has left behind. Epoch ms. */
export interface Packed extends Finished {
  /** Finished hours for which rows have come since: their spans lack them until the compactor has been there again. */
  readonly reopened: readonly number[];
}

/**
 * Who answers which part, in the order of time: the coarsest tier that the step allows, as far as it is complete; polls
 * for the rest, and for quantiles. Where polls are no longer kept, 5-minute spans stand in for them.
 */
export function planTiers(
  query: Pick<RangeQuery, 'fn' | 'stepMs'> & { readonly from: number; readonly to: number },
  finished: Packed,
  oldestPoll: number,
): Segment[] {
  const { from, to, stepMs } = query;
  const within = (instant: number) => Math.max(from, instant);
  const fiveEnd = finished.hour === null ? from : within(Math.min(down(to, FIVE_MINUTES_MS), finished.hour + HOUR_MS));
  const hourEnd = finished.day === null ? from : within(Math.min(down(to, HOUR_MS), finished.day + DAY_MS, fiveEnd));
  const suits = (unit: number) => query.fn !== 'p95' && stepMs % unit === 0;
  const dayUntil = finished.hasDays && suits(DAY_MS) ? within(down(hourEnd, DAY_MS)) : from;
  const hourUntil = suits(HOUR_MS) ? hourEnd : from;
  const fiveUntil = suits(FIVE_MINUTES_MS) ? fiveEnd : within(Math.min(fiveEnd, down(oldestPoll, HOUR_MS)));
  const plan: Segment[] = [
    ...withHours({ tier: '1d', from, to: dayUntil }, finished.reopened),
    ...withPolls({ tier: '1h', from: dayUntil, to: hourUntil }, finished.reopened),
    ...withPolls({ tier: '5m', from: hourUntil, to: Math.max(hourUntil, fiveUntil) }, finished.reopened),
    { tier: 'polls', from: Math.max(hourUntil, fiveUntil), to },
  ];
  return plan.filter((segment) => segment.from < segment.to);
}

/** A segment of days; hours tell of those days of which an hour was opened again. */
function withHours({ tier, from, to }: Segment, reopened: readonly number[]): Segment[] {
  const parts: Segment[] = [];
  let since = from;
  for (const day of new Set(reopened.map((hour) => down(hour, DAY_MS)))) {
    if (day < since || day >= to) continue;
    parts.push({ tier, from: since, to: day }, ...withPolls({ tier: '1h', from: day, to: day + DAY_MS }, reopened));
    since = day + DAY_MS;
  }
  return [...parts, { tier, from: since, to }];
}

/** A segment in which polls answer the hours that were opened again. */
function withPolls({ tier, from, to }: Segment, reopened: readonly number[]): Segment[] {
  const parts: Segment[] = [];
  let since = from;
  for (const hour of reopened) {
    const [start, end] = [Math.max(since, hour), Math.min(to, hour + HOUR_MS)];
    if (start >= end) continue;
    parts.push({ tier, from: since, to: start }, { tier: 'polls', from: start, to: end });
    since = end;
  }
  return [...parts, { tier, from: since, to }];
}

/** The process that packs may go by a clock that is ahead of ours by this and by the time that it waits besides. */
const CLOCKS_APART_MS = 5 * 60_000;
/** A reading may be missing in one poll or two. */
const READINGS_BEFORE = 3;

function knowsBefore(blocks: readonly PollBlock[], layoutId: number, since: number): boolean {
  let readings = 0;
  for (const block of blocks) {
    if (block.layoutId !== layoutId) continue;
    for (let i = 0; i < block.length && block.at[i]! < since; i++) readings++;
  }
  return readings >= READINGS_BEFORE;
}

/** Answers ranges out of the head and all tiers of the tail. */
export function createRange({ pg, clock, layoutsOf, looks, rawMs, tailOf }: RangeDeps): ReadRange {
  /** Whether all hours from an instant on are still going on, so that none of their polls can have been packed. */
  function nothingPacked({ hour }: Look, since: number): boolean {
    const start = down(since, HOUR_MS);
    return start > (hour ?? -Infinity) && start + HOUR_MS > clock.now() + CLOCKS_APART_MS;
  }

  /**
   * Polls in [since, to) from both forms, and the last ones before where a counter is asked for. Polls move from the head
   * to the tail: hours that were in the head at the look are read there first, so that none is missed on its way.
   */
  async function readPolls(
    { db, look, tail }: Source,
    { from: since, to }: Segment,
    layouts: readonly StoredLayout[],
    seriesIds: ReadonlySet<number>,
    counting: boolean,
  ) {
    const deviceIds = [...new Set(layouts.map((layout) => layout.deviceId))];
    const layoutIds = layouts.map((layout) => layout.id);
    const [oldest = Infinity] = look.head;
    const border = Math.min(Math.max(since, oldest), to);
    const none = new Map<number, PollBlock[]>();
    const reach = narrowReach(layouts, seriesIds);
    const readYoung = async () => {
      const head = groupRows(await readHead(db, { deviceIds, layoutIds, from: since, to }), reach);
      if (nothingPacked(look, border)) return head;
      return mergeBlocks(head, await tail.polls(db, layouts, seriesIds, { from: border, to }));
    };
    const readBefore = async () => groupRows(await readLast(db, layouts, since, { polls: 3 }), reach);
    // At the beginning of an hour nothing that is read says what came before, unless the head reaches further back.
    const surelyBlind = counting && oldest >= since && since % HOUR_MS === 0;
    const lastPolls = (blind: readonly StoredLayout[]) =>
      tail.lastPolls(db, blind, seriesIds, down(since, HOUR_MS), MAX_SPAN_MS);
    const [old, young, before] = await Promise.all([
      since < border ? tail.polls(db, layouts, seriesIds, { from: since, to: border }) : none,
      border < to ? readYoung() : none,
      surelyBlind ? lastPolls(layouts) : counting && oldest < since ? readBefore() : none,
    ]);
    const known = mergeBlocks(before, old, young);
    if (!counting || surelyBlind) return known;
    // What the span begins in the middle of holds the last readings mostly; else they are in what came before.
    const blind = layouts.filter(({ id, deviceId }) => !knowsBefore(known.get(deviceId) ?? [], id, since));
    if (blind.length === 0) return known;
    return mergeBlocks(known, await lastPolls(blind));
  }

  /** The series' polls in a segment, each with what its counter grew from. */
  async function pollsOf(
    source: Source,
    segment: Segment,
    series: readonly StoredSeries[],
    layouts: readonly StoredLayout[],
  ) {
    const ids = new Set(series.map((one) => one.id));
    const counting = series.some((one) => one.kind === 'counter');
    const polls = await readPolls(source, segment, layouts, ids, counting);
    const byDevice = Map.groupBy(layouts, (layout) => layout.deviceId);
    const timelines = new Map(
      [...byDevice].map(([id, own]) => [id, createTimelines(polls.get(id) ?? [], own)] as const),
    );
    return (one: StoredSeries) => timelines.get(one.deviceId)?.(one.id);
  }

  async function answerPart(
    source: Source,
    series: readonly StoredSeries[],
    query: RangeQuery,
    segments: readonly Segment[],
    known: readonly StoredLayout[],
  ): Promise<SeriesValues[]> {
    const { stepMs, fn, from, to } = query;
    const ids = new Set(series.map((one) => one.id));
    const layouts = known.filter((layout) => layout.series.some((id) => ids.has(id)));
    const length = Math.max(0, Math.ceil((to - from) / stepMs));
    const kinds = series.map((one) => one.kind);
    const empty = emptyBucketsOf(kinds, from, stepMs, length);
    const buckets = new Map(series.map((one, i) => [one, empty[i]!]));
    const ranked = new Map<StoredSeries, Float64Array>();
    const growth = fn === 'rate' || fn === 'increase';
    // All is read at once, and then added in the order of time.
    const reading = segments.map(async (segment): Promise<() => void> => {
      if (segment.tier !== 'polls') {
        return source.tail.readSpans(source.db, segment.tier, segment, layouts, buckets, growth);
      }
      const samplesOf = await pollsOf(source, segment, series, layouts);
      return () => {
        for (const [one, spans] of buckets) {
          const samples = samplesOf(one);
          if (!samples) continue;
          if (fn === 'p95') ranked.set(one, quantiles(spans, samples, 0.95, segment.to));
          else addSamples(spans, samples, { since: segment.from, until: segment.to });
        }
      };
    });
    for (const add of await Promise.all(reading)) add();
    return [...buckets].map(([one, spans]) => {
      if (fn !== 'p95') return { series: one, values: toValues(spans, fn) };
      // Where polls are gone, the quantile is that of nothing but what the spans say: their mean.
      const found = ranked.get(one);
      const means = toValues(spans, one.kind === 'counter' ? 'rate' : 'avg');
      const of = (mean: number, i: number) => (found && found[i] === found[i] ? found[i]! : mean);
      return { series: one, values: means.map(of) };
    });
  }

  return async function range(query, signal) {
    const from = down(query.from, query.stepMs);
    const aligned = { ...query, from };
    checkSize(aligned);
    const db = signal ? pg.abortable(signal) : pg;
    const deviceIds = [...new Set(query.series.map((series) => series.deviceId))];
    const [look, layouts] = await Promise.all([looks.now(), layoutsOf(deviceIds)]);
    const source = { db, look, tail: tailOf(look) };
    const through = source.tail.finished(look);
    const reopened = look.head.filter((start) => start <= (through.hour ?? -Infinity));
    const segments = planTiers(aligned, { ...through, reopened }, clock.now() - rawMs);
    const blocks = segments.reduce((sum, { tier, from: a, to: b }) => sum + (b - a) / BLOCK_MS[tier], 0);
    const devicesAtOnce = Math.max(1, Math.floor(BLOCKS_PER_READ / Math.max(1, blocks)));
    const results = new Map<number, Float64Array>();
    for (let i = 0; i < deviceIds.length; i += devicesAtOnce) {
      signal?.throwIfAborted();
      const part = new Set(deviceIds.slice(i, i + devicesAtOnce));
      const series = query.series.filter((one) => part.has(one.deviceId));
      const own = layouts.filter((layout) => part.has(layout.deviceId));
      for (const result of await answerPart(source, series, aligned, segments, own)) {
        results.set(result.series.id, result.values);
      }
    }
    return query.series.map((series) => ({ series, values: results.get(series.id) ?? new Float64Array(0) }));
  };
}
