import type { Point, RangeFunction, SeriesKind } from '@sotp/contract/metrics.ts';
import { increaseOf } from '#domain/counters.ts';

/** The samples of one series in the order of time, as parallel columns. NaN: no value. */
export interface SampleColumns {
  readonly length: number;
  /** Scheduled instants, epoch ms, strictly increasing. */
  readonly at: Float64Array;
  /** True instants, epoch ms. */
  readonly polledAt: Float64Array;
  readonly values: Float64Array;
  /** 1 where counters began anew with this sample or since the one before. */
  readonly restarted: Uint8Array;
}

/** What happened in each of `length` spans of `stepMs` from `from` on. The roll-ups store exactly this. */
export interface Buckets {
  readonly from: number;
  readonly stepMs: number;
  readonly length: number;
  /** Of a counter; only then there is an increase. */
  readonly counter: boolean;
  /** Where the first span lies in the arrays, which many series may share. */
  readonly offset: number;
  readonly count: Float64Array;
  readonly sum: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly last: Float64Array;
  /** Growth of a counter between the readings whose later one lies in the span, and the true ms between them. */
  readonly increase: Float64Array;
  readonly coveredMs: Float64Array;
}

const FIELDS = 7;

/** Spans of several series in which nothing happened yet, in one piece of memory. */
export function emptyBucketsOf(
  kinds: readonly SeriesKind[],
  from: number,
  stepMs: number,
  length: number,
): readonly Buckets[] {
  const size = kinds.length * length;
  const all = new Float64Array(FIELDS * size);
  const field = (n: number) => all.subarray(n * size, (n + 1) * size);
  const shared = {
    count: field(0),
    sum: field(1),
    increase: field(2),
    coveredMs: field(3),
    min: field(4).fill(Infinity),
    max: field(5).fill(-Infinity),
    last: field(6).fill(Number.NaN),
  };
  return kinds.map((kind, i) => ({ from, stepMs, length, counter: kind === 'counter', offset: i * length, ...shared }));
}

/** Spans in which nothing happened yet. */
export function emptyBuckets(from: number, stepMs: number, length: number, kind: SeriesKind): Buckets {
  return emptyBucketsOf([kind], from, stepMs, length)[0]!;
}

export interface AddOptions {
  /** Only samples in [since, until) count. */
  readonly since?: number;
  readonly until?: number;
  /** Hears every single rate, with the number of its span. */
  readonly onRate?: (span: number, perSecond: number) => void;
}

/**
 * Puts samples into spans. Samples before `since` (the first span, when left out) count only as the reading that a
 * counter grew from. A counter's growth
 * belongs to the span of the later reading; it is divided by the true time between the two, so a poll that came late
 * does not bend the rate.
 */
export function addSamples(buckets: Buckets, samples: SampleColumns, options: AddOptions = {}): void {
  const { from, stepMs, length, offset, count, sum, min, max, last, increase, coveredMs } = buckets;
  const { at, polledAt, values, restarted } = samples;
  const since = Math.max(from, options.since ?? from);
  const until = Math.min(from + length * stepMs, options.until ?? Infinity);
  let previous = Number.NaN;
  let previousAt = 0;
  let rateBefore = Number.NaN;
  let broken = false;
  for (let i = 0; i < samples.length; i++) {
    if (restarted[i] === 1) broken = true;
    const value = values[i]!;
    if (value !== value) continue;
    if (at[i]! >= until) break;
    const span = Math.floor((at[i]! - from) / stepMs);
    const bucket = offset + span;
    const counts = at[i]! >= since;
    if (counts) {
      count[bucket]! += 1;
      sum[bucket]! += value;
      if (value < min[bucket]!) min[bucket] = value;
      if (value > max[bucket]!) max[bucket] = value;
      last[bucket] = value;
    }
    if (!buckets.counter) continue;
    if (previous === previous) {
      const spanMs = polledAt[i]! - previousAt;
      const grown = broken ? Number.NaN : increaseOf(previous, value, spanMs, rateBefore);
      rateBefore = (grown * 1000) / spanMs;
      if (counts && grown === grown) {
        increase[bucket]! += grown;
        coveredMs[bucket]! += spanMs;
        options.onRate?.(span, rateBefore);
      }
    }
    previous = value;
    previousAt = polledAt[i]!;
    broken = false;
  }
}

/** Adds finer spans that begin in [since, until), as stored by a roll-up, to coarser ones; called in the order of time. */
export function addBuckets(into: Buckets, finer: Buckets, since = -Infinity, until = Infinity): void {
  for (let i = 0; i < finer.length; i++) {
    const start = finer.from + i * finer.stepMs;
    if (start < since || start >= until) continue;
    const span = Math.floor((start - into.from) / into.stepMs);
    if (span < 0 || span >= into.length) continue;
    const bucket = into.offset + span;
    const source = finer.offset + i;
    into.increase[bucket]! += finer.increase[source]!;
    into.coveredMs[bucket]! += finer.coveredMs[source]!;
    if (finer.count[source]! === 0) continue;
    into.count[bucket]! += finer.count[source]!;
    into.sum[bucket]! += finer.sum[source]!;
    into.min[bucket] = Math.min(into.min[bucket]!, finer.min[source]!);
    into.max[bucket] = Math.max(into.max[bucket]!, finer.max[source]!);
    into.last[bucket] = finer.last[source]!;
  }
}

/** The value of each span under a function; NaN where there was nothing. Quantiles need samples: see `quantiles`. */
export function toValues(buckets: Buckets, fn: Exclude<RangeFunction, 'p95'>): Float64Array {
  const values = new Float64Array(buckets.length);
  for (let i = 0; i < buckets.length; i++) values[i] = valueOf(buckets, buckets.offset + i, fn);
  return values;
}

/** Values, one a step, as points; null where there is none. */
export function pointsOf(from: number, stepMs: number, values: Float64Array): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    points.push([from + i * stepMs, value === value ? value : null]);
  }
  return points;
}

/** The same as points. */
export function toPoints(buckets: Buckets, fn: Exclude<RangeFunction, 'p95'>): Point[] {
  return pointsOf(buckets.from, buckets.stepMs, toValues(buckets, fn));
}

function valueOf(buckets: Buckets, i: number, fn: Exclude<RangeFunction, 'p95'>): number {
  const covered = buckets.coveredMs[i]!;
  if (fn === 'rate') return covered > 0 ? (buckets.increase[i]! * 1000) / covered : Number.NaN;
  if (fn === 'increase') return covered > 0 ? buckets.increase[i]! : Number.NaN;
  const count = buckets.count[i]!;
  if (count === 0) return Number.NaN;
  if (fn === 'avg') return buckets.sum[i]! / count;
  return buckets[fn][i]!;
}

/** The quantile (nearest rank) of what lies in each span: values, or the single rates of a counter. NaN where there is nothing. */
export function quantiles(buckets: Buckets, samples: SampleColumns, quantile: number, until = Infinity): Float64Array {
  const inSpan: number[][] = Array.from({ length: buckets.length }, () => []);
  if (buckets.counter) {
    addSamples(buckets, samples, { until, onRate: (bucket, rate) => inSpan[bucket]!.push(rate) });
  } else {
    for (let i = 0; i < samples.length; i++) {
      const value = samples.values[i]!;
      if (value === value && samples.at[i]! < until)
        inSpan[Math.floor((samples.at[i]! - buckets.from) / buckets.stepMs)]?.push(value);
    }
  }
  return Float64Array.from(inSpan, (values) => {
    values.sort((a, b) => a - b);
    const rank = Math.max(0, Math.ceil(quantile * values.length) - 1);
    return values[rank] ?? Number.NaN;
  });
}
