import { AppError } from '#platform/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { addBuckets, addSamples, emptyBuckets, quantiles, toPoints } from '#stores/metrics/aggregate.ts';
import type { Buckets } from '#stores/metrics/aggregate.ts';
import type { RangeQuery, RangeResult, StoredSeries } from '#stores/metrics/metrics.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { readBlocks, readLastBlocks, toPollBlock } from './blocks.ts';
import type { Catalogue, StoredLayout } from './catalogue.ts';
import { decodeBlock } from './codec.ts';
import { groupRows, readHead, readLast } from './head.ts';
import { DAY_MS, HOUR_MS, ROLLUP_1H, ROLLUP_5M } from './partitions.ts';
import type { PartitionedTable } from './partitions.ts';
import { finishedThrough } from './progress.ts';
import { FIVE_MINUTES_MS } from './rollup.ts';
import { rollupReader } from './rollup-block.ts';
import { readPacked } from './slices.ts';
import { createTimelines } from './timeline.ts';
import type { PollBlock } from './timeline.ts';

/** A query that would give more points than this is refused. */
const MAX_POINTS = 5_000_000;
/** Blocks that are read at once, about: what bounds the memory of a query. */
const BLOCKS_PER_READ = 400;

export interface RangeDeps {
  readonly pg: Postgres;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  /** How long single polls are kept. */
  readonly rawMs: number;
}

/** From where on which tier answers: [from, hourUntil) 1-hour spans, [hourUntil, fiveUntil) 5-minute spans, then polls. */
export interface TierPlan {
  readonly from: number;
  readonly hourUntil: number;
  readonly fiveUntil: number;
  readonly to: number;
}

const down = (instant: number, unit: number) => Math.floor(instant / unit) * unit;

/**
 * Which tier answers which part: the coarsest one that the step allows, as far as it is complete; single polls for the
 * rest, and for quantiles. Where polls are no longer kept, 5-minute spans stand in for them.
 */
export function planTiers(
  query: Pick<RangeQuery, 'fn' | 'stepMs'> & { readonly from: number; readonly to: number },
  finished: { readonly hour: number | null; readonly day: number | null },
  oldestPoll: number,
): TierPlan {
  const { from, to, stepMs } = query;
  const fiveEnd =
    finished.hour === null ? from : Math.max(from, Math.min(down(to, FIVE_MINUTES_MS), finished.hour + HOUR_MS));
  const hourEnd =
    finished.day === null ? from : Math.max(from, Math.min(down(to, HOUR_MS), finished.day + DAY_MS, fiveEnd));
  const suits = (unit: number) => query.fn !== 'p95' && stepMs % unit === 0;
  const goneUntil = Math.max(from, Math.min(fiveEnd, down(oldestPoll, HOUR_MS)));
  const fiveUntil = suits(FIVE_MINUTES_MS) ? fiveEnd : goneUntil;
  return { from, hourUntil: suits(HOUR_MS) ? hourEnd : from, fiveUntil, to };
}

/** Answers ranges out of all tiers. */
export function createRange({ pg, clock, catalogue, rawMs }: RangeDeps) {
  async function addRollups(
    of: PartitionedTable,
    stepMs: number,
    since: number,
    until: number,
    layouts: readonly StoredLayout[],
    wanted: ReadonlyMap<StoredSeries, Buckets>,
    growth: boolean,
  ): Promise<void> {
    if (since >= until) return;
    const blockMs = of === ROLLUP_1H ? DAY_MS : HOUR_MS;
    const rows = await readBlocks(pg, of, {
      deviceIds: [...new Set(layouts.map((layout) => layout.deviceId))],
      layoutIds: layouts.map((layout) => layout.id),
      from: down(since, blockMs),
      to: until,
    });
    const positions = new Map(layouts.map((layout) => [layout.id, new Map(layout.series.map((id, i) => [id, i]))]));
    const byDevice = Map.groupBy(wanted, ([series]) => series.deviceId);
    for (const row of rows) {
      const read = rollupReader(decodeBlock(row.block), stepMs, growth ? 'growth' : 'all');
      for (const [series, buckets] of byDevice.get(row.deviceId) ?? []) {
        const position = positions.get(row.layoutId)?.get(series.id);
        if (position !== undefined) addBuckets(buckets, read(position, series.kind), since, until);
      }
    }
  }

  /** Polls in [since, to) from both forms, and the last ones before where a counter is asked for. */
  async function readPolls(
    since: number,
    to: number,
    layouts: readonly StoredLayout[],
    seriesIds: ReadonlySet<number>,
    counting: boolean,
  ) {
    const deviceIds = [...new Set(layouts.map((layout) => layout.deviceId))];
    const layoutIds = layouts.map((layout) => layout.id);
    // Polls move from the head to the packed form: read in this order, none is missed on its way.
    const [rows, lastRows] = await Promise.all([
      readHead(pg, { deviceIds, layoutIds, from: since, to }),
      counting ? readLast(pg, layouts, since, { polls: 3 }) : [],
    ]);
    const [packed, lastPacked] = await Promise.all([
      readPacked(pg, layouts, seriesIds, { from: down(since, HOUR_MS), to }),
      counting ? readLastBlocks(pg, layouts, down(since, HOUR_MS)) : [],
    ]);
    const byDevice = groupRows([...lastRows, ...rows]);
    const add = (deviceId: number, blocks: readonly PollBlock[]) =>
      byDevice.set(deviceId, [...(byDevice.get(deviceId) ?? []), ...blocks]);
    for (const stored of lastPacked) add(stored.deviceId, [toPollBlock(stored)]);
    for (const [deviceId, blocks] of packed) add(deviceId, blocks);
    return byDevice;
  }

  async function answerPart(
    series: readonly StoredSeries[],
    query: RangeQuery,
    plan: TierPlan,
  ): Promise<RangeResult[]> {
    const { stepMs, fn } = query;
    const ids = new Set(series.map((one) => one.id));
    const deviceIds = [...new Set(series.map((one) => one.deviceId))];
    const layouts = (await catalogue.layoutsOf(deviceIds)).filter((layout) => layout.series.some((id) => ids.has(id)));
    const length = Math.max(0, Math.ceil((plan.to - plan.from) / stepMs));
    const buckets = new Map(series.map((one) => [one, emptyBuckets(plan.from, stepMs, length, one.kind)]));
    const growth = fn === 'rate' || fn === 'increase';
    await addRollups(ROLLUP_1H, HOUR_MS, plan.from, plan.hourUntil, layouts, buckets, growth);
    await addRollups(ROLLUP_5M, FIVE_MINUTES_MS, plan.hourUntil, plan.fiveUntil, layouts, buckets, growth);
    let polls = new Map<number, PollBlock[]>();
    const since = Math.max(plan.hourUntil, plan.fiveUntil);
    if (since < plan.to) {
      polls = await readPolls(
        since,
        plan.to,
        layouts,
        ids,
        series.some((one) => one.kind === 'counter'),
      );
    }
    const timelines = new Map(
      deviceIds.map((id) => {
        const own = layouts.filter((layout) => layout.deviceId === id);
        return [id, createTimelines(polls.get(id) ?? [], own)] as const;
      }),
    );
    return series.map((one) => {
      const spans = buckets.get(one) ?? emptyBuckets(plan.from, stepMs, length, one.kind);
      const samples = timelines.get(one.deviceId)?.(one.id);
      if (fn === 'p95') {
        // Where polls are gone, the quantile is that of nothing but what the spans say: their mean.
        const points = samples ? quantiles(spans, samples, 0.95) : [];
        const means = toPoints(spans, one.kind === 'counter' ? 'rate' : 'avg');
        return { series: one, points: means.map(([at, mean], i) => [at, points[i]?.[1] ?? mean] as const) };
      }
      if (samples) addSamples(spans, samples, { since });
      return { series: one, points: toPoints(spans, fn) };
    }) as RangeResult[];
  }

  return async function range(query: RangeQuery, signal?: AbortSignal): Promise<RangeResult[]> {
    const from = down(query.from, query.stepMs);
    if (Math.ceil((query.to - from) / query.stepMs) * query.series.length > MAX_POINTS) {
      const sentence = `This query would give more than ${MAX_POINTS} points: ask for fewer series or a longer step.`;
      throw new AppError('query_too_large', sentence);
    }
    const finished = await finishedThrough(pg);
    const plan = planTiers({ ...query, from }, finished, clock.now() - rawMs);
    const blocks = (plan.hourUntil - plan.from) / DAY_MS + (plan.to - plan.hourUntil) / HOUR_MS;
    const devicesAtOnce = Math.max(1, Math.floor(BLOCKS_PER_READ / Math.max(1, blocks)));
    const deviceIds = [...new Set(query.series.map((series) => series.deviceId))];
    const results = new Map<number, RangeResult>();
    for (let i = 0; i < deviceIds.length; i += devicesAtOnce) {
      signal?.throwIfAborted();
      const part = new Set(deviceIds.slice(i, i + devicesAtOnce));
      const series = query.series.filter((one) => part.has(one.deviceId));
      for (const result of await answerPart(series, query, plan)) results.set(result.series.id, result);
    }
    return query.series.map((series) => results.get(series.id) ?? { series, points: [] });
  };
}
