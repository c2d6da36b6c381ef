import type { Polls } from '#stores/metrics/packed/codec.ts';
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
