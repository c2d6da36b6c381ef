import type { Buckets } from '#stores/metrics/aggregate.ts';
import { COPY_HEADER, writeInstant } from '#stores/metrics/packed/row-copy.ts';

/** Series whose spans lie beside each other in a row. */
export const SPAN_PART = 8;

/** Columns that each series of a row has of its own. */
const OWN = ['increase', 'last', 'sum', 'min', 'max'] as const;
const ownColumns = OWN.flatMap((name) => Array.from({ length: SPAN_PART }, (_, k) => `${name}_${k}`));

export const COPY_SPANS = `copy metric_ts_span_5m (layout_id, hour, part, slot, count, covered_ms, ${ownColumns.join()})
  from stdin (format binary)`;

/** Field count, then layout, hour, part, slot, count and covered time, and what is each one's own. */
const ROW_BYTES = 2 + 8 + 12 + 8 + 6 + 12 + 12 + ownColumns.length * 12;

/**
 * Sums beyond this are stored as infinite. The database adds up hours, days and years of them, and one that overflows ends the
 * statement, and so the summing up of all devices; what is infinite adds up to what is infinite.
 */
const SUMMABLE = Number.MAX_VALUE / 2 ** 40;
const summable = (value: number) => (Math.abs(value) > SUMMABLE ? value * Number.POSITIVE_INFINITY : value);

/** An hour's five-minute spans of a layout at the positions from `SPAN_PART * part` on. */
export interface PartSpans {
  readonly layoutId: number;
  /** Epoch ms. */
  readonly hour: number;
  readonly part: number;
  /** By the place in the part; of each the spans from the hour on. */
  readonly series: readonly (Buckets | undefined)[];
}

/**
 * The data for `COPY_SPANS`, in the order given: the spans in which something happened. Undefined when there are none. The
 * least, greatest and mean reading of a counter are those of one that grew evenly: they are null. Series that do not share
 * count and covered time with others of their part have rows of their own.
 */
export function encodeSpans(all: readonly PartSpans[], slots: number): Buffer | undefined {
  const most = all.reduce((sum, { series }) => sum + series.length * slots * ROW_BYTES, 0);
  const buffer = Buffer.allocUnsafe(COPY_HEADER.length + most + 2);
  COPY_HEADER.copy(buffer);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let o = COPY_HEADER.length;
  for (const part of all) {
    for (let slot = 0; slot < slots; slot++) {
      // Sets of places as bits: those with something to tell, and those that share a row with the first of them.
      for (let left = placesThatTell(part, slot), row = 0; left !== 0; left &= ~row) {
        row = placesLikeFirst(part, slot, left);
        o = writeRow(view, o, part, slot, row);
      }
    }
  }
  if (o === COPY_HEADER.length) return undefined;
  view.setInt16(o, -1);
  return buffer.subarray(0, o + 2);
}

/** Where the span lies in the arrays of a series. */
const indexOf = ({ offset, from, stepMs }: Buckets, hour: number, slot: number) =>
  offset + (hour - from) / stepMs + slot;

function placesThatTell({ hour, series }: PartSpans, slot: number): number {
  let places = 0;
  for (let k = 0; k < SPAN_PART; k++) {
    const one = series[k];
    if (!one) continue;
    const i = indexOf(one, hour, slot);
    if (one.count[i] !== 0 || one.coveredMs[i] !== 0) places |= 1 << k;
  }
  return places;
}

const firstOf = (places: number) => 31 - Math.clz32(places & -places);

function placesLikeFirst({ hour, series }: PartSpans, slot: number, among: number): number {
  const model = series[firstOf(among)]!;
  const m = indexOf(model, hour, slot);
  let places = 0;
  for (let k = 0; k < SPAN_PART; k++) {
    const one = series[k];
    if (!one || (among & (1 << k)) === 0) continue;
    const i = indexOf(one, hour, slot);
    if (one.count[i] === model.count[m] && one.coveredMs[i] === model.coveredMs[m]) places |= 1 << k;
  }
  return places;
}

function writeNumber(view: DataView, o: number, value: number): number {
  view.setInt32(o, 8);
  view.setFloat64(o + 4, value);
  return o + 12;
}

function writeRow(view: DataView, start: number, part: PartSpans, slot: number, places: number): number {
  const { series, hour } = part;
  let o = start;
  view.setInt16(o, 6 + ownColumns.length);
  view.setInt32(o + 2, 4);
  view.setInt32(o + 6, part.layoutId);
  view.setInt32(o + 10, 8);
  writeInstant(view, o + 14, hour);
  view.setInt32(o + 22, 4);
  view.setInt32(o + 26, part.part);
  view.setInt32(o + 30, 2);
  view.setInt16(o + 34, slot);
  const model = series[firstOf(places)]!;
  const m = indexOf(model, hour, slot);
  o = writeNumber(view, o + 36, model.count[m]!);
  o = writeNumber(view, o, model.coveredMs[m]!);
  for (const name of OWN) {
    for (let k = 0; k < SPAN_PART; k++) {
      const one = (places & (1 << k)) === 0 ? undefined : series[k];
      const isTold = one && (name === 'increase' || (model.count[m] !== 0 && (name === 'last' || !one.counter)));
      if (isTold) {
        const value = one[name][indexOf(one, hour, slot)]!;
        o = writeNumber(view, o, name === 'increase' || name === 'sum' ? summable(value) : value);
      } else {
        view.setInt32(o, -1);
        o += 4;
      }
    }
  }
  return o;
}
