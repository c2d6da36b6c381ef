import { BitReader, BitWriter } from './bits.ts';
import { decodeColumn, encodeColumn } from './column.ts';

/** Polls of one layout in the order of time, as columns: what a block holds. */
export interface Polls {
  readonly at: Float64Array;
  readonly polledAt: Float64Array;
  readonly restarted: Uint8Array;
  readonly width: number;
  /** Column after column: value `i` of column `c` is at `c * at.length + i`. */
  readonly data: Float64Array;
}

/** A block that is read as far as its times; columns are decoded when asked for. */
export interface DecodedBlock {
  readonly length: number;
  readonly width: number;
  readonly at: Float64Array;
  readonly polledAt: Float64Array;
  readonly restarted: Uint8Array;
  /** Writes the column at a position to `into`, from `offset` on; NaN when the block is not so wide. */
  read(position: number, into: Float64Array, offset: number): void;
}

const VERSION = 1;
const writer = new BitWriter();
const directory = new BitWriter();
let scratch = new Float64Array(1_024);

/** Milliseconds when all instants are whole ones, else microseconds. */
function unitOf(polls: Pick<Polls, 'at' | 'polledAt'>): number {
  for (let i = 0; i < polls.at.length; i++) {
    if (!Number.isInteger(polls.at[i]) || !Number.isInteger(polls.polledAt[i])) return 1_000;
  }
  return 1;
}

/** What stands in front of the columns' lengths. */
function writeHead(out: BitWriter, polls: Omit<Polls, 'data'>): void {
  const n = polls.at.length;
  const unit = unitOf(polls);
  out.length = 0;
  out.byte(VERSION);
  out.varint(unit);
  out.varint(n);
  out.varint(polls.width);
  writeTimes(out, polls.at, n, unit);
  const late = Float64Array.from(
    polls.polledAt,
    (polledAt, i) => Math.round(polledAt * unit) - Math.round(polls.at[i]! * unit),
  );
  writeColumn(out, late, n);
  const restarts = [...polls.restarted.keys()].filter((i) => polls.restarted[i] === 1);
  out.varint(restarts.length);
  for (const index of restarts) out.varint(index);
}

const written = (out: BitWriter, from = 0) => out.bytes.subarray(from, out.length);

/**
 * Packs polls: version, unit of time, number of polls and of columns; the times, once for all columns; the polls that
 * said "restarted"; the length of each column; the columns.
 */
export function encodeBlock(polls: Polls): Buffer {
  const n = polls.at.length;
  writeHead(writer, polls);
  const head = writer.length;
  directory.length = 0;
  for (let c = 0; c < polls.width; c++) {
    const before = writer.length;
    encodeColumn(polls.data, n, writer, c * n);
    directory.varint(writer.length - before);
  }
  return Buffer.concat([writer.bytes.subarray(0, head), written(directory), written(writer, head)]);
}

/** Columns that are packed between two rests, about 50,000 values of a day. */
const COLUMNS_AT_ONCE = 32;

/** The same for long columns, which are read one by one, with rests in which others have their turn. */
export async function encodeLongBlock(
  polls: Omit<Polls, 'data'> & { read(position: number, into: Float64Array, offset: number): void },
  rest: () => Promise<void>,
): Promise<Buffer> {
  const n = polls.at.length;
  const [head, lengths, body] = [new BitWriter(), new BitWriter(), new BitWriter()];
  writeHead(head, polls);
  const column = new Float64Array(n);
  for (let c = 0; c < polls.width; c++) {
    const before = body.length;
    polls.read(c, column, 0);
    encodeColumn(column, n, body);
    lengths.varint(body.length - before);
    if (c % COLUMNS_AT_ONCE === 0) await rest();
  }
  return Buffer.concat([written(head), written(lengths), written(body)]);
}

/** The first instant, then runs of how much the distance between instants changed. A steady interval is one run. */
function writeTimes(out: BitWriter, at: Float64Array, n: number, unit: number): void {
  let previous = 0;
  let distance = 0;
  let run = 0;
  let change = 0;
  for (let i = 0; i < n; i++) {
    const instant = Math.round(at[i]! * unit);
    const next = instant - previous - distance;
    distance = instant - previous;
    previous = instant;
    if (run > 0 && next === change) {
      run++;
      continue;
    }
    if (run > 0) writeRun(out, change, run);
    change = next;
    run = 1;
  }
  if (run > 0) writeRun(out, change, run);
}

function writeRun(out: BitWriter, change: number, run: number): void {
  out.zigzag(change);
  out.varint(run);
}

function writeColumn(out: BitWriter, values: Float64Array, n: number): void {
  const before = out.length;
  encodeColumn(values, n, out);
  // The length goes in front of what was just written.
  const bytes = out.bytes.slice(before, out.length);
  out.length = before;
  out.varint(bytes.length);
  out.reserve(bytes.length);
  out.bytes.set(bytes, out.length);
  out.length += bytes.length;
}

/** All of a block but its columns. */
export interface BlockHead extends Omit<DecodedBlock, 'read'> {
  /** Where each column ends, counted from `body`, which is counted from the block's first byte. */
  readonly ends: Uint32Array;
  readonly body: number;
}

/**
 * Reads the head out of the first bytes of a block; undefined when there are too few of them. Throws on a version that
 * this program does not know.
 */
export function decodeHead(bytes: Uint8Array): BlockHead | undefined {
  const reader = new BitReader(bytes);
  const version = reader.byte();
  if (version !== VERSION) throw new Error(`a packed block has version ${version}, which this program does not know`);
  const unit = reader.varint();
  const n = reader.varint();
  const width = reader.varint();
  const at = new Float64Array(n);
  let previous = 0;
  let distance = 0;
  for (let i = 0; i < n;) {
    const change = reader.zigzag();
    for (let run = reader.varint(); run > 0 && i < n; run--) {
      distance += change;
      previous += distance;
      at[i++] = previous / unit;
    }
    if (reader.position > bytes.length) return undefined;
  }
  const polledAt = new Float64Array(n);
  const lateBytes = reader.varint();
  const after = reader.position + lateBytes;
  if (after > bytes.length) return undefined;
  decodeColumn(reader, lateBytes, n, polledAt);
  for (let i = 0; i < n; i++) polledAt[i] = (Math.round(at[i]! * unit) + polledAt[i]!) / unit;
  reader.restart(after);
  const restarted = new Uint8Array(n);
  for (let count = reader.varint(); count > 0; count--) restarted[reader.varint()] = 1;
  const ends = new Uint32Array(width);
  let end = 0;
  for (let i = 0; i < width; i++) ends[i] = end += reader.varint();
  if (reader.position > bytes.length) return undefined;
  return { length: n, width, at, polledAt, restarted, ends, body: reader.position };
}

/** The bytes that columns `first` to `last` of a block take, counted from the block's first byte. */
export function extentOf({ ends, body }: BlockHead, first: number, last: number): { from: number; to: number } {
  return { from: body + (first === 0 ? 0 : ends[first - 1]!), to: body + ends[last]! };
}

/** A block of which only `bytes`, from `from` on, are there: columns that lie within can be read. */
export function blockOf(head: BlockHead, bytes: Uint8Array, from: number): DecodedBlock {
  const { length: n, width, at, polledAt, restarted, ends, body } = head;
  const columns = new BitReader(bytes);
  return {
    length: n,
    width,
    at,
    polledAt,
    restarted,
    read(position, into, offset) {
      if (position >= width) {
        into.fill(Number.NaN, offset, offset + n);
        return;
      }
      const start = position === 0 ? 0 : ends[position - 1]!;
      const length = ends[position]! - start;
      if (length === 0) {
        into.fill(0, offset, offset + n);
        return;
      }
      columns.restart(body + start - from);
      if (scratch.length < n) scratch = new Float64Array(n * 2);
      decodeColumn(columns, length, n, scratch);
      for (let i = 0; i < n; i++) into[offset + i] = scratch[i]!;
    },
  };
}

/** Reads what `encodeBlock` wrote. Throws on a version that it does not know, and on a block that is cut short. */
export function decodeBlock(bytes: Uint8Array): DecodedBlock {
  const head = decodeHead(bytes);
  if (!head || head.body + (head.ends.at(-1) ?? 0) > bytes.length) throw new Error('a packed block is cut short');
  return blockOf(head, bytes, 0);
}
