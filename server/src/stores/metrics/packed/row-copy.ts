import { AppError } from '#platform/errors.ts';
import type { PollRow } from '#stores/metrics/metrics.ts';

/** PostgreSQL counts microseconds from 2000-01-01. */
export const PG_EPOCH_MS = Date.UTC(2000, 0, 1);

/** `PGCOPY`, its line ends, no flags, no extension. */
export const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const FLOAT8_OID = 701;
/** Field count, then length and value of device, layout, at, polled_at and restarted, then the array's length. */
const FIXED_BYTES = 2 + 8 + 8 + 12 + 12 + 5 + 4;
/** Dimensions, flags, element type, length and lower bound of the array. */
const ARRAY_HEADER_BYTES = 20;

/** Epoch ms as PostgreSQL's int8 of microseconds, written as two halves: a BigInt a row would cost more than the row. */
export function writeInstant(view: DataView, offset: number, epochMs: number): void {
  const micros = Math.round((epochMs - PG_EPOCH_MS) * 1000);
  const high = Math.floor(micros / 2 ** 32);
  view.setInt32(offset, high);
  view.setUint32(offset + 4, micros - high * 2 ** 32);
}

/**
 * Rows as the data of `COPY metric_head FROM STDIN (FORMAT binary)`: device, layout, at, polled_at, restarted, values.
 * `layoutIds` runs parallel to `rows`. Throws `validation_failed` for an infinite value, before anything is sent.
 */
export function encodeRows(rows: readonly PollRow[], layoutIds: Int32Array): Buffer {
  let bytes = COPY_HEADER.length + 2;
  for (const row of rows) bytes += FIXED_BYTES + ARRAY_HEADER_BYTES + row.values.length * 12;
  const buffer = Buffer.allocUnsafe(bytes);
  COPY_HEADER.copy(buffer);
  const view = new DataView(buffer.buffer, buffer.byteOffset, bytes);
  let o = COPY_HEADER.length;
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    const { values } = row;
    const n = values.length;
    view.setInt16(o, 6);
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
    view.setInt32(o + 47, ARRAY_HEADER_BYTES + n * 12);
    view.setInt32(o + 51, 1);
    view.setInt32(o + 55, 0);
    view.setInt32(o + 59, FLOAT8_OID);
    view.setInt32(o + 63, n);
    view.setInt32(o + 67, 1);
    o += FIXED_BYTES + ARRAY_HEADER_BYTES;
    for (let i = 0; i < n; i++) {
      const value = values[i]!;
      if (value === Infinity || value === -Infinity) throw infinite(row, i);
      view.setInt32(o, 8);
      view.setFloat64(o + 4, value);
      o += 12;
    }
  }
  view.setInt16(o, -1);
  return buffer;
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
