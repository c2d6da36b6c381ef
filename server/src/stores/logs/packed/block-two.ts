import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { AppError } from '#platform/errors.ts';
import type { OpenBlock } from './block.ts';
import { columnBytes, columnsOf } from './columns.ts';
import type { Columns, NamedColumn } from './columns.ts';

// Version 2: a byte 2, the size of what follows when it is unpacked, and that, compressed: four numbers (lines, and the
// bytes of three JSON texts), the columns, the texts (rarities, names, fields), and the bytes of the lines.

/** The first byte of a block, and how its row is marked: since this version fields have their values in the index. */
export const VERSION = 2;
const HEAD_BYTES = 16;
/** Below this the output of a hostile payload must stay: 4,096 lines of 64 KiB, and their columns. */
const UNPACKED_MAX = 400 * 1024 * 1024;

/** In the column `at`: the sender named no time; and one that is too far away for the column. */
export const AT_NONE = -0x8000_0000;
export const AT_FAR = AT_NONE + 1;

/** What hardly any line has, by the line's place. */
export interface Rarities {
  /** When the line was received that came first; the columns count from there. */
  readonly first: number;
  readonly errors: [number, string][];
  readonly far: [number, number][];
  readonly truncated: number[];
}

/** All there is to a block, ready to be written. */
export interface BlockParts {
  readonly lines: number;
  /** As `columnsOf` lays them out. */
  readonly columns: Uint8Array;
  readonly rarities: Rarities;
  readonly names: readonly string[];
  readonly fields: readonly [number, Readonly<Record<string, string>>][];
  readonly bytes: Uint8Array;
}

let scratch = Buffer.alloc(0);

export function encodeVersionTwo({ lines, columns, rarities, names, fields, bytes }: BlockParts): Buffer {
  const texts = [rarities, names, fields].map((one) => Buffer.from(JSON.stringify(one)));
  const size = texts.reduce((sum, text) => sum + text.length, HEAD_BYTES + columns.length + bytes.length);
  if (scratch.length < size) scratch = Buffer.allocUnsafeSlow(size);
  scratch.writeUInt32LE(lines, 0);
  for (const [i, text] of texts.entries()) scratch.writeUInt32LE(text.length, 4 + i * 4);
  let at = HEAD_BYTES;
  for (const part of [columns, ...texts, bytes]) {
    scratch.set(part, at);
    at += part.length;
  }
  const packed = zstdCompressSync(scratch.subarray(0, size), {
    params: { [constants.ZSTD_c_compressionLevel]: 2 },
    // Room for most in one piece.
    chunkSize: 1024 + (size >> 2),
  });
  // Blocks of the largest size are rare, and their memory is not kept.
  if (size > 4 * 1024 * 1024) scratch = Buffer.alloc(0);
  const head = Buffer.alloc(5);
  head[0] = VERSION;
  head.writeUInt32LE(size, 1);
  return Buffer.concat([head, packed]);
}

/** A column of distances to the entry before, as distances to the first. */
function summed(column: Int32Array): Int32Array {
  const sums = new Int32Array(column.length);
  for (let i = 0, sum = 0; i < column.length; i++) sums[i] = sum = (sum + column[i]!) | 0;
  return sums;
}

class VersionTwo implements OpenBlock {
  readonly offsets: Int32Array;
  readonly bytes: Buffer;
  readonly #columns: Columns;
  readonly #received: Int32Array;
  readonly #texts: readonly [Buffer, Buffer, Buffer];
  #rarities:
    | { first: number; errors: Map<number, string>; far: Map<number, number>; truncated: Set<number> }
    | undefined;
  #names: string[] | undefined;
  #fields: Map<number, Readonly<Record<string, string>>> | undefined;
  #numbers: Int32Array | undefined;

  constructor(all: Buffer) {
    const lines = all.readUInt32LE(0);
    let at = HEAD_BYTES + columnBytes(lines);
    // Typed arrays begin at multiples of four; what was unpacked in one piece does.
    const columns = all.subarray(HEAD_BYTES, at);
    this.#columns = columnsOf(columns.byteOffset % 4 === 0 ? columns : new Uint8Array(columns), lines);
    const text = (i: number) => all.subarray(at, (at += all.readUInt32LE(4 + i * 4)));
    this.#texts = [text(0), text(1), text(2)];
    this.bytes = all.subarray(at);
    this.#received = summed(this.#columns.received);
    const { length } = this.#columns;
    this.offsets = new Int32Array(lines + 1);
    for (let i = 0; i < lines; i++) this.offsets[i + 1] = this.offsets[i]! + length[i]!;
  }

  // Our own bytes, under the checksum of the database or the spool: what stands there is what was written.
  get #rare() {
    if (this.#rarities) return this.#rarities;
    const { first, errors, far, truncated } = JSON.parse(this.#texts[0].toString('utf8')) as Rarities;
    return (this.#rarities = { first, errors: new Map(errors), far: new Map(far), truncated: new Set(truncated) });
  }
  number(i: number): number {
    this.#numbers ??= summed(this.#columns.numberLow);
    return this.#columns.numberHigh[i]! * 2 ** 32 + (this.#numbers[i]! >>> 0);
  }
  receivedAt(i: number): number {
    return this.#rare.first + this.#received[i]!;
  }
  at(i: number): number {
    const distance = this.#columns.at[i]!;
    if (distance === AT_NONE) return Number.NaN;
    if (distance !== AT_FAR) return this.#rare.first + distance;
    return this.#rare.far.get(i) ?? Number.NaN;
  }
  device(i: number): number {
    return this.#columns.device[i]!;
  }
  priority(i: number): number {
    return this.#columns.priority[i]!;
  }
  name(i: number, column: NamedColumn): string {
    this.#names ??= JSON.parse(this.#texts[1].toString('utf8')) as string[];
    return this.#names[this.#columns[column][i]!]!;
  }
  body(i: number): number {
    return this.#columns.body[i]!;
  }
  fields(i: number): Readonly<Record<string, string>> | null {
    this.#fields ??= new Map(
      JSON.parse(this.#texts[2].toString('utf8')) as [number, Readonly<Record<string, string>>][],
    );
    return this.#fields.get(i) ?? null;
  }
  parseError(i: number): string {
    return this.#rare.errors.get(i) ?? '';
  }
  truncated(i: number): boolean {
    return this.#rare.truncated.has(i);
  }
}

export function openVersionTwo(payload: Buffer): OpenBlock {
  const size = payload[0] === VERSION && payload.length > 5 ? payload.readUInt32LE(1) : 0;
  if (size < HEAD_BYTES || size > UNPACKED_MAX) {
    throw new AppError('internal', `A block of lines of version ${payload[0] ?? '-'} cannot be read here.`);
  }
  return new VersionTwo(
    zstdDecompressSync(payload.subarray(5), { maxOutputLength: size, chunkSize: Math.max(64, size) }),
  );
}
