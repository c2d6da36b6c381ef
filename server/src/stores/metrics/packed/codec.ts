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
function unitOf(polls: Polls): number {
  for (let i = 0; i < polls.at.length; i++) {
    if (!Number.isInteger(polls.at[i]) || !Number.isInteger(polls.polledAt[i])) return 1_000;
  }
  return 1;
}

/**
 * Packs polls: version, unit of time, number of polls and of columns; the times, once for all columns; the polls that
 * said "restarted"; the length of each column; the columns.
 */
export function encodeBlock(polls: Polls): Buffer {
  const n = polls.at.length;
  const unit = unitOf(polls);
  writer.length = 0;
  writer.byte(VERSION);
  writer.varint(unit);
  writer.varint(n);
  writer.varint(polls.width);
  writeTimes(polls.at, n, unit);
  const late = Float64Array.from(
    polls.polledAt,
    (polledAt, i) => Math.round(polledAt * unit) - Math.round(polls.at[i]! * unit),
  );
  writeColumn(late, n);
  const restarts = [...polls.restarted.keys()].filter((i) => polls.restarted[i] === 1);
  writer.varint(restarts.length);
  for (const index of restarts) writer.varint(index);

  const head = writer.length;
  directory.length = 0;
  for (let c = 0; c < polls.width; c++) {
    const before = writer.length;
    encodeColumn(polls.data, n, writer, c * n);
    directory.varint(writer.length - before);
  }
  return Buffer.concat([
    writer.bytes.subarray(0, head),
    directory.bytes.subarray(0, directory.length),
    writer.bytes.subarray(head, writer.length),
  ]);
}

/** The first instant, then runs of how much the distance between instants changed. A steady interval is one run. */
function writeTimes(at: Float64Array, n: number, unit: number): void {
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
    if (run > 0) writeRun(change, run);
    change = next;
    run = 1;
  }
  if (run > 0) writeRun(change, run);
}

function writeRun(change: number, run: number): void {
  writer.zigzag(change);
  writer.varint(run);
}

function writeColumn(values: Float64Array, n: number): void {
  const before = writer.length;
  encodeColumn(values, n, writer);
  // The length goes in front of what was just written.
  const bytes = writer.bytes.slice(before, writer.length);
  writer.length = before;
  writer.varint(bytes.length);
  writer.reserve(bytes.length);
  writer.bytes.set(bytes, writer.length);
  writer.length += bytes.length;
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
