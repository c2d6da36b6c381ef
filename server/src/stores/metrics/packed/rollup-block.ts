import type { SeriesKind } from '@sotp/contract/metrics.ts';
import type { Buckets } from '#stores/metrics/aggregate.ts';
import { emptyBuckets } from '#stores/metrics/aggregate.ts';
import type { DecodedBlock } from './codec.ts';
import { encodeBlock } from './codec.ts';

/**
 * The spans of all series of a layout as columns of one block, field by field. Of a counter there are count, last,
 * increase and covered time; of others count, sum, min, max and last. What is the same for all series of a poll, count
 * and covered time mostly, is written once: `SAME` stands where a series has what the first one has.
 */
const FIELDS = ['count', 'sum', 'min', 'max', 'last', 'increase', 'coveredMs'] as const;
type Field = (typeof FIELDS)[number];
const SHARED: readonly Field[] = ['count', 'coveredMs'];
/** Marks a series whose `last` is written as what is left of it when its increases are taken off: one number. */
const FLAG = FIELDS.length;
const SAME = Number.NaN;

/** NaN, which costs a bit, in the place of what means nothing where nothing was counted. */
function whereCounted(buckets: Buckets, field: Field): Float64Array {
  return buckets[field].map((value, i) => (buckets.count[i]! > 0 ? value : Number.NaN));
}

function equal(a: Float64Array, b: Float64Array): boolean {
  return a.every((value, i) => value === b[i]);
}

/** `last` without the growth since the first span, if that can be undone exactly. */
function withoutGrowth(buckets: Buckets): Float64Array | undefined {
  const rest = new Float64Array(buckets.length);
  let grown = 0;
  for (let i = 0; i < buckets.length; i++) {
    grown += buckets.increase[i]!;
    rest[i] = buckets.last[i]! - grown;
    if (buckets.count[i]! > 0 && rest[i]! + grown !== buckets.last[i]) return undefined;
  }
  return rest;
}

/** Packs the spans of the series at each position of a layout; undefined where the series has none. */
export function encodeRollup(
  from: number,
  stepMs: number,
  length: number,
  series: readonly (Buckets | undefined)[],
): Buffer {
  const zeros = new Float64Array(length);
  const same = new Float64Array(length).fill(SAME);
  const columns: Float64Array[] = [];
  const first: Partial<Record<Field, Float64Array>> = {};
  for (const field of FIELDS) {
    for (const buckets of series) {
      if (!buckets) {
        columns.push(zeros);
        continue;
      }
      let column = SHARED.includes(field) || field === 'increase' ? buckets[field] : whereCounted(buckets, field);
      const isCounter = buckets.counter;
      if (isCounter && (field === 'sum' || field === 'min' || field === 'max')) column = zeros;
      if (!isCounter && (field === 'increase' || field === 'coveredMs')) column = zeros;
      if (isCounter && field === 'last') column = withoutGrowth(buckets) ?? column;
      if (SHARED.includes(field) && column !== zeros) {
        const reference = first[field];
        if (reference && equal(reference, column)) column = same;
        else if (!reference && column.some((value) => value > 0)) first[field] = column;
      }
      columns.push(column);
    }
  }
  const flags = new Float64Array(length).fill(1);
  for (const buckets of series) columns.push(buckets?.counter && withoutGrowth(buckets) ? flags : zeros);
  const at = Float64Array.from({ length }, (_, i) => from + i * stepMs);
  return encodeBlock({ at, polledAt: at, restarted: new Uint8Array(length), columns });
}

/**
 * Reads the spans of series out of a block. The least, greatest and mean reading of a counter are not stored: they are
 * those of a counter that grew evenly from its last reading less its increase.
 */
export function rollupReader(block: DecodedBlock, stepMs: number): (position: number, kind: SeriesKind) => Buckets {
  const width = block.width / (FIELDS.length + 1);
  const from = block.at[0] ?? 0;
  const references = new Map<Field, Float64Array>();
  const raw = (field: number, position: number) => block.column(field * width + position);

  /** The first series of the block that has anything in a field. */
  function reference(field: Field): Float64Array {
    let found = references.get(field);
    for (let p = 0; !found && p < width; p++) {
      const column = raw(FIELDS.indexOf(field), p);
      if (column.some((value) => value > 0)) found = column;
    }
    found ??= new Float64Array(block.length);
    references.set(field, found);
    return found;
  }

  return (position, kind) => {
    const buckets = emptyBuckets(from, stepMs, block.length, kind);
    if (position >= width) return buckets;
    for (const [f, field] of FIELDS.entries()) {
      const column = raw(f, position);
      const shared = SHARED.includes(field) && block.length > 0 && Number.isNaN(column[0]);
      buckets[field].set(shared ? reference(field) : column);
    }
    if (raw(FLAG, position)[0] === 1) {
      let grown = 0;
      for (let i = 0; i < block.length; i++) {
        grown += buckets.increase[i]!;
        buckets.last[i]! += grown;
      }
    }
    for (let i = 0; buckets.counter && i < block.length; i++) {
      buckets.max[i] = buckets.last[i]!;
      buckets.min[i] = Math.max(0, buckets.last[i]! - buckets.increase[i]!);
      buckets.sum[i] = (buckets.count[i]! * (buckets.min[i]! + buckets.max[i]!)) / 2;
    }
    return buckets;
  };
}
