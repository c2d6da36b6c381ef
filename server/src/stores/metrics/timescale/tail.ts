import type { Buckets } from '#stores/metrics/aggregate.ts';
import type { StoredSeries } from '#stores/metrics/metrics.ts';
import { inlineInstant } from '#stores/metrics/packed/binary.ts';
import type { StoredLayout } from '#stores/metrics/packed/catalogue.ts';
import { DAY_MS, HOUR_MS } from '#stores/metrics/packed/partitions.ts';
import { PG_EPOCH_MS } from '#stores/metrics/packed/row-copy.ts';
import type { Span, SpanTier, Tail } from '#stores/metrics/tail.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import { SPAN_PART } from './copy-spans.ts';
import { partsOf } from './parts.ts';
import type { Parts } from './parts.ts';
import { readLastPolls, readPolls } from './read.ts';

const HEADER_BYTES = 19;
/** Days are summed up of hours. */
const TABLES = { '5m': 'metric_ts_span_5m', '1h': 'metric_ts_span_1h', '1d': 'metric_ts_span_1h' } as const;
/** Of counters: growth alone; of all: everything. Columns of float8 in this order. */
const GROWTH = ['increase', 'covered_ms'];
const ALL = ['count', 'sum', 'min', 'max', 'last', ...GROWTH];

/** The sums over a step of the series at a place of a part, in the order of the columns. */
function sumsOf(tier: SpanTier, k: number, growth: boolean): string {
  // Series that share a row share its count and covered time.
  const [count, covered] =
    tier === '5m'
      ? [
          `case when increase_${k} is not null then count end`,
          `case when increase_${k} is not null then covered_ms end`,
        ]
      : [`count_${k}`, `covered_ms_${k}`];
  const grown = `sum(increase_${k}), sum(${covered})`;
  if (growth) return grown;
  // Of a counter only its last reading and its growth are stored: the others are those of one that grew evenly.
  const last = `last_${k}`;
  const least = `greatest(0, ${last} - increase_${k})`;
  return `sum(${count}), sum(coalesce(sum_${k}, ${count} * (${least} + ${last}) / 2)), min(coalesce(min_${k}, ${least})),
    max(coalesce(max_${k}, ${last})), last(${last}, at) filter (where ${last} is not null), ${grown}`;
}

/** Sums spans into steps in the database, so that a year of hours comes as its days. */
function spanQuery(tier: SpanTier, parts: Parts, { from, to }: Span, stepMs: number, growth: boolean): string {
  const step = `time_bucket(interval '${Math.trunc(stepMs)} milliseconds', at, ${inlineInstant(from)})`;
  const hour = inlineInstant(Math.floor(from / HOUR_MS) * HOUR_MS);
  // Spans of five minutes lie by the hour; their instants are made of it.
  const spans =
    tier === '5m'
      ? `(select *, hour + slot * interval '5 minutes' as at from ${TABLES[tier]}
          where ${parts.condition} and hour >= ${hour} and hour < ${inlineInstant(to)}) as spans`
      : TABLES[tier];
  const sums = parts.places.map((k) => sumsOf(tier, k, growth)).join(', ');
  return `copy (select layout_id, part, ${step} as step, ${sums} from ${spans}
    where ${parts.condition} and at >= ${inlineInstant(from)} and at < ${inlineInstant(to)}
    group by layout_id, part, step order by step) to stdout (format binary)`;
}

function addRow(into: Buckets, i: number, columns: readonly string[], value: (n: number) => number): void {
  const bucket = into.offset + i;
  for (const [n, column] of columns.entries()) {
    const found = value(n);
    if (found !== found) continue;
    if (column === 'increase') into.increase[bucket]! += found;
    else if (column === 'covered_ms') into.coveredMs[bucket]! += found;
    else if (column === 'count') into.count[bucket]! += found;
    else if (column === 'sum') into.sum[bucket]! += found;
    else if (column === 'min') into.min[bucket] = Math.min(into.min[bucket]!, found);
    else if (column === 'max') into.max[bucket] = Math.max(into.max[bucket]!, found);
    else into.last[bucket] = found;
  }
}

function addRows(
  data: Buffer,
  columns: readonly string[],
  places: readonly number[],
  find: (layoutId: number, position: number) => Buckets | undefined,
) {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let o = HEADER_BYTES;
  while (view.getInt16(o) !== -1) {
    const [layoutId, part] = [view.getInt32(o + 6), view.getInt32(o + 14)];
    const at = (view.getInt32(o + 22) * 2 ** 32 + view.getUint32(o + 26)) / 1000 + PG_EPOCH_MS;
    o += 30;
    for (const k of places) {
      const values = columns.map(() => {
        const isNull = view.getInt32(o) < 0;
        const value = isNull ? Number.NaN : view.getFloat64(o + 4);
        o += isNull ? 4 : 12;
        return value;
      });
      const buckets = find(layoutId, part * SPAN_PART + k);
      if (!buckets) continue;
      const i = Math.floor((at - buckets.from) / buckets.stepMs);
      if (i >= 0 && i < buckets.length) addRow(buckets, i, columns, (n) => values[n]!);
    }
  }
}

async function readSpans(
  db: Queryable,
  tier: SpanTier,
  span: Span,
  layouts: readonly StoredLayout[],
  wanted: ReadonlyMap<StoredSeries, Buckets>,
  growth: boolean,
): Promise<() => void> {
  const [any] = wanted.values();
  if (any === undefined) return () => {};
  const byId = new Map([...wanted].map(([series, buckets]) => [series.id, buckets]));
  const series = new Map(layouts.map((layout) => [layout.id, layout.series]));
  const tierMs = tier === '5m' ? HOUR_MS / 12 : HOUR_MS;
  // The database's steps begin where the span does: only where that is the beginning of a step are they ours.
  const sameSteps = any.stepMs % tierMs === 0 && (span.from - any.from) % any.stepMs === 0;
  const parts = partsOf(layouts, new Set(byId.keys()), SPAN_PART);
  const sql = spanQuery(tier, parts, span, sameSteps ? any.stepMs : tierMs, growth);
  const data = await db.copyOut(sql);
  return () =>
    addRows(data, growth ? GROWTH : ALL, parts.places, (layoutId, position) =>
      byId.get(series.get(layoutId)?.[position] ?? 0),
    );
}

/** Samples in TimescaleDB's columnstore, and their roll-ups. */
export const timescaleTail: Tail = {
  // Hours are summed up when they are asked for: they are complete as far as the 5-minute spans are.
  finished: ({ hour }) => ({ hour, day: hour === null ? null : hour + HOUR_MS - DAY_MS, hasDays: false }),
  polls: (db, layouts, wanted, { from, to }) =>
    readPolls(db, layouts, wanted, { from: Math.floor(from / HOUR_MS) * HOUR_MS, to }),
  lastPolls: (db, layouts, wanted, before, maxAgeMs) =>
    readLastPolls(db, layouts, wanted, before, { polls: 3, maxAgeMs }),
  readSpans,
};
