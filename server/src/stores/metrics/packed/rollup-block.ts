import type { SeriesKind } from '@sotp/contract/metrics.ts';
import { emptyBuckets } from '#stores/metrics/aggregate.ts';
import type { Buckets } from '#stores/metrics/aggregate.ts';
import type { DecodedBlock } from './codec.ts';
import { encodeBlock } from './codec.ts';

/**
 * The spans of all series of a layout as columns of one block, field by field. Of a counter there are count, last,
 * increase and covered time; of others count, sum, min, max and last. What is the same for all series of a poll, count
 * and covered time mostly, is written once: NaN stands where a series has what the first one has.
 */
const FIELDS = ['count', 'coveredMs', 'increase', 'last', 'sum', 'min', 'max'] as const;
type Field = (typeof FIELDS)[number];
const SHARED = 2;
const INCREASE = 2;
const LAST = 3;
const SUM = 4;
/** A column behind the fields: 1 for a series whose `last` is written without its growth, which leaves one number. */
const FLAG = FIELDS.length;

/** Spans of all series of a layout, in arrays that they share. */
export interface RollupMatrix {
  readonly from: number;
  readonly stepMs: number;
  readonly length: number;
  readonly data: Float64Array;
  readonly series: readonly Buckets[];
}

/** Arrays of matrices that were packed, for those to come: made anew for every device's hour they would keep the collector of garbage busy. */
const spare: Float64Array[] = [];
const SPARE_MAX = 8;

/** An array of zeros. */
function takeArray(length: number): Float64Array {
  const found = spare.findIndex((array) => array.length === length);
  const [array] = found < 0 ? [] : spare.splice(found, 1);
  return array?.fill(0) ?? new Float64Array(length);
}

/** Empty spans for series of these kinds. */
export function emptyMatrix(from: number, stepMs: number, length: number, kinds: readonly SeriesKind[]): RollupMatrix {
  const size = kinds.length * length;
  const data = takeArray((FIELDS.length + 1) * size);
  const field = (name: Field) => data.subarray(FIELDS.indexOf(name) * size, (FIELDS.indexOf(name) + 1) * size);
  const shared = {
    count: field('count'),
    coveredMs: field('coveredMs'),
    increase: field('increase'),
    last: field('last').fill(Number.NaN),
    sum: field('sum'),
    min: field('min').fill(Infinity),
    max: field('max').fill(-Infinity),
  };
  const series = kinds.map((kind, p): Buckets => ({
    from,
    stepMs,
    length,
    counter: kind === 'counter',
    offset: p * length,
    ...shared,
  }));
  return { from, stepMs, length, data, series };
}

/** NaN, which costs a bit, in the place of what means nothing where nothing was counted. */
function blankUncounted(buckets: Buckets): void {
  const { offset, length, count, sum, min, max, last } = buckets;
  for (let i = offset; i < offset + length; i++) {
    if (buckets.counter) sum[i] = min[i] = max[i] = 0;
    else if (count[i] === 0) sum[i] = min[i] = max[i] = Number.NaN;
    if (count[i] === 0) last[i] = Number.NaN;
  }
}

/** Takes the growth since the first span off `last`, if that can be undone exactly. */
function takeGrowthOff({ offset, length, increase, last }: Buckets): boolean {
  for (const write of [false, true]) {
    let grown = 0;
    for (let i = offset; i < offset + length; i++) {
      grown += increase[i]!;
      const rest = last[i]! - grown;
      if (write) last[i] = rest;
      else if (rest === rest && rest + grown !== last[i]) return false;
    }
  }
  return true;
}

/** Packs a matrix, which is of no use afterwards. */
export function encodeRollup({ from, stepMs, length, data, series }: RollupMatrix): Buffer {
  const width = series.length;
  const size = width * length;
  for (const buckets of series) {
    blankUncounted(buckets);
    if (buckets.counter && takeGrowthOff(buckets)) {
      data.fill(1, FLAG * size + buckets.offset, FLAG * size + buckets.offset + length);
    }
  }
  for (let field = 0; field < SHARED; field++) shareColumns(data, field * size, width, length);
  const at = Float64Array.from({ length }, (_, i) => from + i * stepMs);
  const restarted = new Uint8Array(length);
  const block = encodeBlock({ at, polledAt: at, restarted, width: width * (FIELDS.length + 1), data });
  spare.push(data);
  if (spare.length > SPARE_MAX) spare.shift();
  return block;
}

/** Blanks the columns that are as the first one that is not all zero. */
function shareColumns(data: Float64Array, start: number, width: number, length: number): void {
  let reference = -1;
  for (let o = start; o < start + width * length; o += length) {
    if (reference < 0) {
      for (let i = 0; i < length; i++) if (data[o + i]! > 0) reference = o;
      continue;
    }
    let same = true;
    for (let i = 0; same && i < length; i++) same = data[o + i] === data[reference + i];
    if (same) data.fill(Number.NaN, o, o + length);
  }
}

/** What a reader is asked for: growth alone is half the work. */
export type Wanted = 'growth' | 'all';

/**
 * Reads the spans of series out of a block, into spans that the next call uses again. The least, greatest and mean
 * reading of a counter are not stored: they are those of a counter that grew evenly from its last reading less its
 * increase.
 */
export function rollupReader(block: DecodedBlock, stepMs: number, wanted: Wanted = 'all') {
  const width = block.width / (FIELDS.length + 1);
  const from = block.at[0] ?? 0;
  const spans = {
    gauge: emptyBuckets(from, stepMs, block.length, 'gauge'),
    counter: emptyBuckets(from, stepMs, block.length, 'counter'),
  };
  const references = new Map<number, Float64Array>();

  /** The first series that has anything in a shared field. */
  function reference(field: number): Float64Array {
    let found = references.get(field);
    if (found) return found;
    found = new Float64Array(block.length);
    for (let p = 0; p < width; p++) {
      block.read(field * width + p, found, 0);
      if (found.some((value) => value > 0)) break;
      found.fill(0);
    }
    references.set(field, found);
    return found;
  }

  function read(buckets: Buckets, field: number, position: number): void {
    const into = buckets[FIELDS[field]!];
    block.read(field * width + position, into, 0);
    if (field < SHARED && into[0] !== into[0]) into.set(reference(field));
  }

  const flag = new Float64Array(block.length);
  return (position: number, kind: SeriesKind): Buckets => {
    const counter = kind === 'counter';
    const buckets = counter ? spans.counter : spans.gauge;
    if (counter) for (let field = 1; field <= INCREASE; field++) read(buckets, field, position);
    if (wanted === 'growth') return buckets;
    read(buckets, 0, position);
    read(buckets, LAST, position);
    if (!counter) {
      for (let field = SUM; field < FIELDS.length; field++) read(buckets, field, position);
      return buckets;
    }
    block.read(FLAG * width + position, flag, 0);
    const { length, count, increase, last, sum, min, max } = buckets;
    let grown = 0;
    for (let i = 0; i < length; i++) {
      grown += increase[i]!;
      if (flag[0] === 1) last[i]! += grown;
      max[i] = last[i]!;
      min[i] = Math.max(0, last[i]! - increase[i]!);
      sum[i] = (count[i]! * (min[i]! + max[i]!)) / 2;
    }
    return buckets;
  };
}
