import { COPY_HEADER, writeInstant } from './row-copy.ts';

export { inlineInstant, readTuples } from '#stores/postgres/copy.ts';

/** Numbers for a COPY, which takes no parameters. Nothing but digits comes out. */
export function inlineInts(numbers: readonly number[]): string {
  return `'{${numbers.map(Math.trunc).join()}}'::int[]`;
}

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
