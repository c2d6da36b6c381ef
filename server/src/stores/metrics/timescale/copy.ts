import type { Buckets } from '#stores/metrics/aggregate.ts';
import type { Polls } from '#stores/metrics/packed/codec.ts';
import { HOUR_MS } from '#stores/metrics/packed/partitions.ts';
import { COPY_HEADER, writeInstant } from '#stores/metrics/packed/row-copy.ts';

/** Series that lie beside each other in a row. */
export const PART = 16;

/** Field count, then length and value of layout (int4), hour (int8), part (int4) and at (int8), and the values. */
const ROW_BYTES = 2 + 8 + 12 + 8 + 12 + PART * 12;

/** What a layout's polls of one hour have at the positions from `PART * part` on; NaN: no sample. */
export interface PartOfHour {
  readonly layoutId: number;
  /** Epoch ms. */
  readonly hour: number;
  readonly part: number;
  /** Columns, position by position. */
  readonly polls: Polls;
  /** Its first poll, and the first that is not of the hour. */
  readonly first: number;
  readonly end: number;
}

/** `COPY metric_ts_value FROM STDIN (FORMAT binary)`: layout, hour, part, at, values, in the order given. Undefined when there is none. */
export function encodeParts(all: readonly PartOfHour[]): Buffer | undefined {
  const rows = all.reduce((sum, { first, end }) => sum + end - first, 0);
  const buffer = Buffer.allocUnsafe(COPY_HEADER.length + rows * ROW_BYTES + 2);
  COPY_HEADER.copy(buffer);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let o = COPY_HEADER.length;
  for (const { layoutId, hour, part, polls, first, end } of all) {
    const { at, data, width } = polls;
    const from = part * PART;
    const present = Math.min(PART, width - from);
    for (let i = first; i < end; i++) {
      const row = o;
      view.setInt16(o, 4 + PART);
      view.setInt32(o + 2, 4);
      view.setInt32(o + 6, layoutId);
      view.setInt32(o + 10, 8);
      writeInstant(view, o + 14, hour);
      view.setInt32(o + 22, 4);
      view.setInt32(o + 26, part);
      view.setInt32(o + 30, 8);
      writeInstant(view, o + 34, at[i]!);
      o += 42;
      let isEmpty = true;
      for (let k = 0; k < PART; k++) {
        const value = k < present ? data[(from + k) * at.length + i]! : Number.NaN;
        if (value !== value) {
          view.setInt32(o, -1);
          o += 4;
          continue;
        }
        isEmpty = false;
        view.setInt32(o, 8);
        view.setFloat64(o + 4, value);
        o += 12;
      }
      if (isEmpty) o = row;
    }
  }
  if (o === COPY_HEADER.length) return undefined;
  view.setInt16(o, -1);
  return buffer.subarray(0, o + 2);
}

/** Five-minute spans of the series at a place. */
export interface PlaceSpans {
  readonly layoutId: number;
  readonly position: number;
  readonly spans: Buckets;
  /** Only those of these numbers; all of them when left out. */
  readonly first?: number;
  readonly end?: number;
}

/** Field count, then layout, hour, position, slot, and seven numbers. */
const SPAN_BYTES = 2 + 8 + 12 + 8 + 6 + 7 * 12;

/**
 * `COPY metric_ts_span_5m FROM STDIN (FORMAT binary)`, in the order given: the spans in which something happened.
 * Undefined when there are none. The least, greatest and mean reading of a counter are those of one that grew evenly:
 * they are null.
 */
export function encodeSpans(all: readonly PlaceSpans[]): Buffer | undefined {
  const most = all.reduce((sum, { spans }) => sum + spans.length * SPAN_BYTES, COPY_HEADER.length + 2);
  const buffer = Buffer.allocUnsafe(most);
  COPY_HEADER.copy(buffer);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let o = COPY_HEADER.length;
  const write = (value: number, isNull: boolean) => {
    view.setInt32(o, isNull ? -1 : 8);
    if (!isNull) view.setFloat64(o + 4, value);
    o += isNull ? 4 : 12;
  };
  for (const { layoutId, position, spans, first = 0, end = spans.length } of all) {
    const { counter, count, sum, min, max, last, increase, coveredMs } = spans;
    for (let i = first; i < end; i++) {
      const b = spans.offset + i;
      const isSilent = count[b] === 0;
      if (isSilent && coveredMs[b] === 0) continue;
      const at = spans.from + i * spans.stepMs;
      const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
      view.setInt16(o, 11);
      view.setInt32(o + 2, 4);
      view.setInt32(o + 6, layoutId);
      view.setInt32(o + 10, 8);
      writeInstant(view, o + 14, hour);
      view.setInt32(o + 22, 4);
      view.setInt32(o + 26, position);
      view.setInt32(o + 30, 2);
      view.setInt16(o + 34, (at - hour) / spans.stepMs);
      o += 36;
      write(count[b]!, false);
      write(sum[b]!, counter || isSilent);
      write(min[b]!, counter || isSilent);
      write(max[b]!, counter || isSilent);
      write(last[b]!, isSilent);
      write(increase[b]!, false);
      write(coveredMs[b]!, false);
    }
  }
  if (o === COPY_HEADER.length) return undefined;
  view.setInt16(o, -1);
  return buffer.subarray(0, o + 2);
}
