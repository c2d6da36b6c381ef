import { AppError } from '#platform/errors.ts';
import { COPY_HEADER, writeInstant } from './row-copy.ts';

/** Numbers for a COPY, which takes no parameters. Nothing but digits comes out. */
export function inlineInts(numbers: readonly number[]): string {
  return `'{${numbers.map(Math.trunc).join()}}'::int[]`;
}

/** Epoch ms for a COPY. */
export function inlineInstant(epochMs: number): string {
  return `'${new Date(epochMs).toISOString()}'::timestamptz`;
}

/** `PGCOPY`, its line ends, flags and the length of an extension that nobody uses. */
const HEADER_BYTES = 19;

/** The rows in the data of a binary COPY. Columns are views of `data`, not copies; null where the column is null. */
export function readTuples<T>(data: Buffer, toRow: (columns: Buffer[]) => T): T[] {
  const rows: T[] = [];
  let o = HEADER_BYTES;
  while (o + 2 <= data.length) {
    const columns = data.readInt16BE(o);
    o += 2;
    if (columns === -1) return rows;
    const row: Buffer[] = [];
    for (let i = 0; i < columns; i++) {
      const length = data.readInt32BE(o);
      o += 4;
      row.push(length < 0 ? EMPTY : data.subarray(o, o + length));
      if (length > 0) o += length;
    }
    rows.push(toRow(row));
  }
  throw new AppError('database_unavailable', 'The database stopped in the middle of an answer.', { retryable: true });
}

const EMPTY = Buffer.alloc(0);

/** An int4 column. */
export function int4(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A timestamptz column. */
export function instant(epochMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  writeInstant(new DataView(bytes.buffer, bytes.byteOffset, 8), 0, epochMs);
  return bytes;
}

/** A boolean column. */
export const bool = (value: boolean): Buffer => Buffer.of(value ? 1 : 0);

/** Rows of columns as the data of a binary COPY. */
export function writeTuples(rows: readonly (readonly Buffer[])[]): Buffer {
  const parts: Buffer[] = [COPY_HEADER];
  for (const row of rows) {
    const count = Buffer.allocUnsafe(2);
    count.writeInt16BE(row.length);
    parts.push(count);
    for (const column of row) parts.push(int4(column.length), column);
  }
  parts.push(Buffer.of(0xff, 0xff));
  return Buffer.concat(parts);
}
