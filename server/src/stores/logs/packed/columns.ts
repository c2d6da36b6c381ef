import { AppError } from '#platform/errors.ts';

/** Columns of 32 bits, of 16 and of 8, each with an entry a line, in the order in which they stand in a block. */
const WORDS = ['received', 'at', 'device', 'body', 'length', 'numberLow', 'numberHigh'] as const;
/** Places in the list of names. */
export const NAMED = ['source', 'sender', 'host', 'app', 'procId', 'msgId'] as const;
const BYTES_A_LINE = WORDS.length * 4 + NAMED.length * 2 + 1;

type WordColumn = (typeof WORDS)[number];
export type NamedColumn = (typeof NAMED)[number];

/**
 * A block's columns as they lie in it, little-endian as all machines are that Node is built for but one. `received` is the
 * distance to the line before, `numberLow` too, `at` to the start of the block: so they compress.
 */
export interface Columns extends Readonly<Record<WordColumn, Int32Array>>, Readonly<Record<NamedColumn, Uint16Array>> {
  /** facility * 8 + severity */
  readonly priority: Uint8Array;
}

export function columnBytes(lines: number): number {
  return Math.ceil((lines * BYTES_A_LINE) / 4) * 4;
}

/** The columns of so many lines in `memory`, which begins at a multiple of four. */
export function columnsOf(memory: Uint8Array, lines: number): Columns {
  if (memory.byteLength < columnBytes(lines)) throw new AppError('internal', 'A block of lines is cut short.');
  let at = memory.byteOffset;
  const columns: Record<string, Int32Array | Uint16Array | Uint8Array> = {};
  for (const name of WORDS) {
    columns[name] = new Int32Array(memory.buffer, at, lines);
    at += lines * 4;
  }
  for (const name of NAMED) {
    columns[name] = new Uint16Array(memory.buffer, at, lines);
    at += lines * 2;
  }
  columns['priority'] = new Uint8Array(memory.buffer, at, lines);
  return columns as unknown as Columns;
}
