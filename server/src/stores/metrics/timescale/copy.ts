import { COPY_HEADER, writeInstant } from '#stores/metrics/packed/row-copy.ts';

/** Field count, then length and value of layout and position (int4), at (int8) and value (float8). */
const SAMPLE_BYTES = 2 + 8 + 8 + 12 + 12;

/** The values of one series at the instants of its polls; NaN: no sample. */
export interface SeriesSamples {
  readonly layoutId: number;
  readonly position: number;
  /** Epoch ms. */
  readonly at: Float64Array;
  readonly data: Float64Array;
  /** Where the first value lies in `data`. */
  readonly offset: number;
}

/** `COPY metric_ts_sample FROM STDIN (FORMAT binary)`: layout, position, at, value, in the order given. Undefined when there is none. */
export function encodeSamples(all: readonly SeriesSamples[]): Buffer | undefined {
  const most = all.reduce((sum, { at }) => sum + at.length, 0);
  const buffer = Buffer.allocUnsafe(COPY_HEADER.length + most * SAMPLE_BYTES + 2);
  COPY_HEADER.copy(buffer);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let o = COPY_HEADER.length;
  for (const { layoutId, position, at, data, offset } of all) {
    for (let i = 0; i < at.length; i++) {
      const value = data[offset + i]!;
      if (value !== value) continue;
      view.setInt16(o, 4);
      view.setInt32(o + 2, 4);
      view.setInt32(o + 6, layoutId);
      view.setInt32(o + 10, 4);
      view.setInt32(o + 14, position);
      view.setInt32(o + 18, 8);
      writeInstant(view, o + 22, at[i]!);
      view.setInt32(o + 30, 8);
      view.setFloat64(o + 34, value);
      o += SAMPLE_BYTES;
    }
  }
  if (o === COPY_HEADER.length) return undefined;
  view.setInt16(o, -1);
  return buffer.subarray(0, o + 2);
}

/** A row of a roll-up: numbers by column, NaN for null. */
export interface SpanRow {
  readonly layoutId: number;
  readonly position: number;
  readonly at: number;
  /** count, sum, min, max, last, increase, covered_ms. */
  readonly fields: readonly number[];
}

/** `COPY metric_ts_rollup_5m FROM STDIN (FORMAT binary)`. */
export function encodeSpans(rows: readonly SpanRow[]): Buffer {
  const most = rows.reduce((sum, { fields }) => sum + 2 + 8 + 8 + 12 + fields.length * 12, COPY_HEADER.length + 2);
  const buffer = Buffer.allocUnsafe(most);
  COPY_HEADER.copy(buffer);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let o = COPY_HEADER.length;
  for (const { layoutId, position, at, fields } of rows) {
    view.setInt16(o, 3 + fields.length);
    view.setInt32(o + 2, 4);
    view.setInt32(o + 6, layoutId);
    view.setInt32(o + 10, 4);
    view.setInt32(o + 14, position);
    view.setInt32(o + 18, 8);
    writeInstant(view, o + 22, at);
    o += 30;
    for (const field of fields) {
      const isNull = field !== field;
      view.setInt32(o, isNull ? -1 : 8);
      if (!isNull) view.setFloat64(o + 4, field);
      o += isNull ? 4 : 12;
    }
  }
  view.setInt16(o, -1);
  return buffer.subarray(0, o + 2);
}
