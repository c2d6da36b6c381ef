import { AppError } from '#platform/errors.ts';

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
