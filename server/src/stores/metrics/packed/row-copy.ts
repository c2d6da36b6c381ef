import { AppError } from '#platform/errors.ts';
import type { PollRow } from '#stores/metrics/metrics.ts';
import { wholeBytesAtMost, writeWhole } from './poll-values.ts';

/** PostgreSQL counts microseconds from 2000-01-01. */
export const PG_EPOCH_MS = Date.UTC(2000, 0, 1);

/** `PGCOPY`, its line ends, no flags, no extension. */
export const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const FLOAT8_OID = 701;
/** Field count, then length and value of device, layout, at, polled_at and restarted, then the lengths of both kinds of values. */
const FIXED_BYTES = 2 + 8 + 8 + 12 + 12 + 5 + 4 + 4;
/** Dimensions, flags, element type, length and lower bound of the array. */
const ARRAY_HEADER_BYTES = 20;
/** An element: its length and a double. */
const FLOAT_BYTES = 12;
/** An array without elements has no dimension. */
const EMPTY_ARRAY_BYTES = 12;

/** Epoch ms as PostgreSQL's int8 of microseconds, written as two halves: a BigInt a row would cost more than the row. */
export function writeInstant(view: DataView, offset: number, epochMs: number): void {
  const micros = Math.round((epochMs - PG_EPOCH_MS) * 1000);
  const high = Math.floor(micros / 2 ** 32);
  view.setInt32(offset, high);
  view.setUint32(offset + 4, micros - high * 2 ** 32);
}

/**
 * Rows as the data of `COPY metric_head FROM STDIN (FORMAT binary)`: device, layout, at, polled_at, restarted, whole, values.
 * `layoutIds` runs parallel to `rows`. Throws `validation_failed` for an infinite value, before anything is sent.
 */
export function encodeRows(rows: readonly PollRow[], layoutIds: Int32Array): Buffer {
  let bytes = COPY_HEADER.length + 2;
  for (const { values } of rows) {
    bytes += FIXED_BYTES + ARRAY_HEADER_BYTES + wholeBytesAtMost(values.length) + values.length * FLOAT_BYTES;
  }
  const buffer = Buffer.allocUnsafe(bytes);
  COPY_HEADER.copy(buffer);
  const view = new DataView(buffer.buffer, buffer.byteOffset, bytes);
  let o = COPY_HEADER.length;
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    view.setInt16(o, 7);
    view.setInt32(o + 2, 4);
    view.setInt32(o + 6, row.deviceId);
    view.setInt32(o + 10, 4);
    view.setInt32(o + 14, layoutIds[r]!);
    view.setInt32(o + 18, 8);
    writeInstant(view, o + 22, row.at);
    view.setInt32(o + 30, 8);
    writeInstant(view, o + 34, row.polledAt);
    view.setInt32(o + 42, 1);
    view.setUint8(o + 46, row.restarted ? 1 : 0);
    const floats: number[] = [];
    const end = writeWhole(buffer, o + 51, row.values, floats);
    view.setInt32(o + 47, end - (o + 51));
    o = writeFloats(view, end, floats, row);
  }
  view.setInt16(o, -1);
  return buffer.subarray(0, o + 2);
}

/** A float8[], and its length before it; answers where it ended. */
function writeFloats(view: DataView, start: number, floats: readonly number[], row: PollRow): number {
  const n = floats.length;
  view.setInt32(start, n === 0 ? EMPTY_ARRAY_BYTES : ARRAY_HEADER_BYTES + n * FLOAT_BYTES);
  view.setInt32(start + 4, n === 0 ? 0 : 1);
  view.setInt32(start + 8, 0);
  view.setInt32(start + 12, FLOAT8_OID);
  if (n === 0) return start + 16;
  view.setInt32(start + 16, n);
  view.setInt32(start + 20, 1);
  let o = start + 24;
  for (const value of floats) {
    if (value === Infinity || value === -Infinity) throw infinite(row, row.values.indexOf(value));
    view.setInt32(o, 8);
    view.setFloat64(o + 4, value);
    o += FLOAT_BYTES;
  }
  return o;
}

function infinite(row: PollRow, i: number): AppError {
  const metric = row.layout.series[i]?.metric ?? 'a series';
  return new AppError(
    'validation_failed',
    `${metric} of device ${row.deviceId} is infinite; a value must be a number.`,
  );
}

/** A timestamptz in binary form as epoch ms. */
export function decodeInstant(value: Buffer): number {
  return (value.readInt32BE(0) * 2 ** 32 + value.readUInt32BE(4)) / 1000 + PG_EPOCH_MS;
}
