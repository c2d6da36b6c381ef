import { zstdDecompressSync } from 'node:zlib';
import type { OpenBlock } from './block.ts';
import { NAMED } from './columns.ts';
import type { NamedColumn } from './columns.ts';

// Version 1, which is read and no longer written: columns as JSON, then the bytes of the lines, compressed together.

interface Columns {
  /** Numbers of the lines, as runs of [first, count]. */
  readonly numbers: readonly [number, number][];
  readonly first: number;
  readonly received: readonly number[];
  /** Sender's time less received; null for none. */
  readonly at: readonly (number | null)[];
  readonly device: readonly number[];
  readonly priority: readonly number[];
  readonly words: readonly string[];
  /** Indexes into words: those of `NAMED` for each line, one after the other. */
  readonly named: readonly number[];
  readonly body: readonly number[];
  readonly length: readonly number[];
  /** By line; only lines that have some. */
  readonly fields: readonly [number, Readonly<Record<string, string>>][];
  readonly errors: readonly [number, string][];
  readonly truncated: readonly number[];
}

const UNPACKED_MAX = 400 * 1024 * 1024;
/** What all that zstd makes begins with; later versions have a byte of their own before it. */
const ZSTD = 0x28;

export function isVersionOne(payload: Buffer): boolean {
  return payload[0] === ZSTD;
}

class VersionOne implements OpenBlock {
  readonly bytes: Buffer;
  readonly #head: Buffer;
  #columns: Columns | undefined;
  #offsets: Int32Array | undefined;
  #numbers: number[] | undefined;
  #fields: Map<number, Readonly<Record<string, string>>> | undefined;

  constructor(all: Buffer) {
    const headEnd = 4 + all.readUInt32LE(0);
    this.#head = all.subarray(4, headEnd);
    this.bytes = all.subarray(headEnd);
  }

  // Our own bytes, under the checksum of the database: what stands there is what was written.
  get columns(): Columns {
    return (this.#columns ??= JSON.parse(this.#head.toString('utf8')) as Columns);
  }
  get offsets(): Int32Array {
    if (this.#offsets) return this.#offsets;
    const { length } = this.columns;
    const offsets = new Int32Array(length.length + 1);
    for (const [i, one] of length.entries()) offsets[i + 1] = offsets[i]! + one;
    return (this.#offsets = offsets);
  }
  number(i: number): number {
    const runs = () => this.columns.numbers.flatMap(([first, n]) => Array.from({ length: n }, (_, k) => first + k));
    return (this.#numbers ??= runs())[i]!;
  }
  receivedAt(i: number): number {
    return this.columns.first + this.columns.received[i]!;
  }
  at(i: number): number {
    const distance = this.columns.at[i];
    return distance === null || distance === undefined ? Number.NaN : this.receivedAt(i) + distance;
  }
  device(i: number): number {
    return this.columns.device[i]!;
  }
  priority(i: number): number {
    return this.columns.priority[i]!;
  }
  name(i: number, column: NamedColumn): string {
    const { words, named } = this.columns;
    return words[named[i * NAMED.length + NAMED.indexOf(column)]!]!;
  }
  body(i: number): number {
    return this.columns.body[i]!;
  }
  fields(i: number): Readonly<Record<string, string>> | null {
    return (this.#fields ??= new Map(this.columns.fields)).get(i) ?? null;
  }
  parseError(i: number): string {
    return this.columns.errors.find(([line]) => line === i)?.[1] ?? '';
  }
  truncated(i: number): boolean {
    return this.columns.truncated.includes(i);
  }
}

export function openVersionOne(payload: Buffer): OpenBlock {
  return new VersionOne(zstdDecompressSync(payload, { maxOutputLength: UNPACKED_MAX }));
}
