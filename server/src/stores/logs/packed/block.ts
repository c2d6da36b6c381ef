import { isAscii } from 'node:buffer';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { FoundLine, LineSource, NewLine } from '#stores/logs/logs.ts';

/** A block's columns, each with one entry a line unless said otherwise; JSON, since JSON is read at the speed of C. */
interface Columns {
  version: 1;
  /** Numbers of the lines, as runs of [first, count]. */
  numbers: [number, number][];
  first: number;
  received: number[];
  /** Sender's time less received; null for none. */
  at: (number | null)[];
  device: number[];
  /** facility * 8 + severity */
  priority: number[];
  words: string[];
  /** Indexes into words: source, sender, host, app, procId, msgId of each line, one after the other. */
  named: number[];
  body: number[];
  length: number[];
  /** By line index; only lines that have some. */
  fields: [number, Readonly<Record<string, string>>][];
  errors: [number, string][];
  truncated: number[];
}

/** Below this the output of a hostile payload must stay: 4,096 lines of 64 KiB, and their columns. */
const UNPACKED_MAX = 400 * 1024 * 1024;
const NAMES = 6;

/** A line with the number that it keeps for ever. */
export interface NumberedLine extends NewLine {
  readonly number: number;
}

/** Lines as one compressed run of bytes. */
export function encodeBlock(lines: readonly NumberedLine[]): Buffer {
  const first = lines[0]?.receivedAt ?? 0;
  const words: string[] = [];
  const places = new Map<string, number>();
  const columns: Columns = {
    version: 1,
    numbers: [],
    first,
    received: [],
    at: [],
    device: [],
    priority: [],
    words,
    named: [],
    body: [],
    length: [],
    fields: [],
    errors: [],
    truncated: [],
  };
  const name = (word: string) => {
    let place = places.get(word);
    if (place === undefined) {
      places.set(word, (place = words.length));
      words.push(word);
    }
    columns.named.push(place);
  };
  let run: [number, number] | undefined;
  for (const [i, line] of lines.entries()) {
    if (run && run[0] + run[1] === line.number) run[1]++;
    else columns.numbers.push((run = [line.number, 1]));
    columns.received.push(line.receivedAt - first);
    columns.at.push(Number.isNaN(line.at) ? null : line.at - line.receivedAt);
    columns.device.push(line.deviceId);
    columns.priority.push(line.facility * 8 + line.severity);
    name(line.source);
    name(line.sender);
    name(line.host);
    name(line.app);
    name(line.procId);
    name(line.msgId);
    columns.body.push(line.body);
    columns.length.push(line.raw.length);
    if (line.fields) columns.fields.push([i, line.fields]);
    if (line.parseError !== '') columns.errors.push([i, line.parseError]);
    if (line.truncated) columns.truncated.push(i);
  }
  const head = Buffer.from(JSON.stringify(columns));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  return zstdCompressSync(Buffer.concat([size, head, ...lines.map(({ raw }) => raw)]), {
    params: { [constants.ZSTD_c_compressionLevel]: 2 },
  });
}

/** A line of an opened block; what its text and bytes are is found out when somebody asks. */
class BlockLine implements FoundLine {
  readonly #block: OpenBlock;
  readonly index: number;
  constructor(block: OpenBlock, index: number) {
    this.#block = block;
    this.index = index;
  }
  get number(): number {
    return this.#block.numbers[this.index]!;
  }
  get id(): string {
    return `${this.receivedAt.toString(36)}-${this.number.toString(36)}`;
  }
  get receivedAt(): number {
    return this.#block.columns.first + this.#block.columns.received[this.index]!;
  }
  get at(): number {
    const distance = this.#block.columns.at[this.index];
    return distance === null || distance === undefined ? Number.NaN : this.receivedAt + distance;
  }
  get deviceId(): number {
    return this.#block.columns.device[this.index]!;
  }
  get severity(): number {
    return this.#block.columns.priority[this.index]! & 7;
  }
  get facility(): number {
    return this.#block.columns.priority[this.index]! >> 3;
  }
  #name(place: number): string {
    const { words, named } = this.#block.columns;
    return words[named[this.index * NAMES + place]!]!;
  }
  get source(): LineSource {
    return this.#name(0) as LineSource;
  }
  get sender(): string {
    return this.#name(1);
  }
  get host(): string {
    return this.#name(2);
  }
  get app(): string {
    return this.#name(3);
  }
  get procId(): string {
    return this.#name(4);
  }
  get msgId(): string {
    return this.#name(5);
  }
  get body(): number {
    return this.#block.columns.body[this.index]!;
  }
  get text(): string {
    const { offsets, text, bytes } = this.#block;
    const [start, end] = [offsets[this.index]!, offsets[this.index + 1]!];
    return text === undefined ? bytes.toString('utf8', start, end) : text.slice(start, end);
  }
  get raw(): Buffer {
    const { offsets, bytes } = this.#block;
    return bytes.subarray(offsets[this.index]!, offsets[this.index + 1]!);
  }
  get fields(): Readonly<Record<string, string>> | null {
    return this.#block.fields.get(this.index) ?? null;
  }
  get parseError(): string {
    return this.#block.errors.get(this.index) ?? '';
  }
  get truncated(): boolean {
    return this.#block.columns.truncated.includes(this.index);
  }
}

interface OpenBlock {
  readonly columns: Columns;
  readonly numbers: readonly number[];
  readonly offsets: Int32Array;
  readonly bytes: Buffer;
  /** All lines as one text, when each byte is a character. */
  readonly text: string | undefined;
  readonly fields: ReadonlyMap<number, Readonly<Record<string, string>>>;
  readonly errors: ReadonlyMap<number, string>;
}

export type { BlockLine };

/** True when none of the lines can match that hold all of the texts, which are lower case: then they need not be opened. */
function lacks(text: string | undefined, wanted: readonly string[]): boolean {
  if (text === undefined || wanted.length === 0) return false;
  const lower = text.toLowerCase();
  return wanted.some((one) => !lower.includes(one));
}

/**
 * The lines of a block, in the order in which they came; none when no line can hold all of the texts that are wanted: to
 * read the columns is the greater part of the work.
 */
export function decodeBlock(payload: Buffer, wanted: readonly string[] = []): BlockLine[] {
  const all = zstdDecompressSync(payload, { maxOutputLength: UNPACKED_MAX });
  const headEnd = 4 + all.readUInt32LE(0);
  const bytes = all.subarray(headEnd);
  const text = isAscii(bytes) ? bytes.toString('latin1') : undefined;
  if (lacks(text, wanted)) return [];
  // Our own bytes, under the checksum of the database: what stands here is what encodeBlock wrote.
  const columns = JSON.parse(all.toString('utf8', 4, headEnd)) as Columns;
  const offsets = new Int32Array(columns.length.length + 1);
  for (const [i, length] of columns.length.entries()) offsets[i + 1] = offsets[i]! + length;
  const block: OpenBlock = {
    columns,
    numbers: columns.numbers.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i)),
    offsets,
    bytes,
    text,
    fields: new Map(columns.fields),
    errors: new Map(columns.errors),
  };
  return Array.from(columns.length, (_, index) => new BlockLine(block, index));
}
