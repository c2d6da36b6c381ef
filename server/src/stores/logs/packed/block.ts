import { isAscii } from 'node:buffer';
import type { FoundLine, LineSource } from '#stores/logs/logs.ts';
import { isVersionOne, openVersionOne } from './block-one.ts';
import { openVersionTwo } from './block-two.ts';
import type { NamedColumn } from './columns.ts';

/** An opened block of whatever version, asked line by line. */
export interface OpenBlock {
  /** Where each line's bytes begin, and where the last one's end. */
  readonly offsets: Int32Array;
  readonly bytes: Buffer;
  number(i: number): number;
  receivedAt(i: number): number;
  /** The sender's own time; NaN for none. */
  at(i: number): number;
  device(i: number): number;
  /** facility * 8 + severity */
  priority(i: number): number;
  name(i: number, column: NamedColumn): string;
  body(i: number): number;
  fields(i: number): Readonly<Record<string, string>> | null;
  parseError(i: number): string;
  truncated(i: number): boolean;
}

/** A line of an opened block; what its text and bytes are is found out when somebody asks. */
export class BlockLine implements FoundLine {
  readonly #block: OpenBlock;
  /** All lines as one text, when each byte is a character. */
  readonly #text: string | undefined;
  readonly #index: number;
  constructor(block: OpenBlock, text: string | undefined, index: number) {
    this.#block = block;
    this.#text = text;
    this.#index = index;
  }
  get number(): number {
    return this.#block.number(this.#index);
  }
  get id(): string {
    return `${this.receivedAt.toString(36)}-${this.number.toString(36)}`;
  }
  get receivedAt(): number {
    return this.#block.receivedAt(this.#index);
  }
  get at(): number {
    return this.#block.at(this.#index);
  }
  get deviceId(): number {
    return this.#block.device(this.#index);
  }
  get severity(): number {
    return this.#block.priority(this.#index) & 7;
  }
  get facility(): number {
    return this.#block.priority(this.#index) >> 3;
  }
  get source(): LineSource {
    return this.#block.name(this.#index, 'source') as LineSource;
  }
  get sender(): string {
    return this.#block.name(this.#index, 'sender');
  }
  get host(): string {
    return this.#block.name(this.#index, 'host');
  }
  get app(): string {
    return this.#block.name(this.#index, 'app');
  }
  get procId(): string {
    return this.#block.name(this.#index, 'procId');
  }
  get msgId(): string {
    return this.#block.name(this.#index, 'msgId');
  }
  get body(): number {
    return this.#block.body(this.#index);
  }
  get text(): string {
    const { offsets, bytes } = this.#block;
    const [start, end] = [offsets[this.#index]!, offsets[this.#index + 1]!];
    return this.#text === undefined ? bytes.toString('utf8', start, end) : this.#text.slice(start, end);
  }
  get raw(): Buffer {
    const { offsets, bytes } = this.#block;
    return bytes.subarray(offsets[this.#index]!, offsets[this.#index + 1]!);
  }
  get fields(): Readonly<Record<string, string>> | null {
    return this.#block.fields(this.#index);
  }
  get parseError(): string {
    return this.#block.parseError(this.#index);
  }
  get truncated(): boolean {
    return this.#block.truncated(this.#index);
  }
}

/** Letters beyond ASCII that are ASCII letters in lower case: `K` (Kelvin) and `İ`. */
const STRAYS = ['\u212a', '\u0130'].map((letter) => Buffer.from(letter));

/** The places of the lines, ascending, in which the text begins; and perhaps of some that only seem to hold it. */
function linesWith(text: string, wanted: string, offsets: Int32Array): number[] {
  const found: number[] = [];
  let line = 0;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, offsets[line + 1])) {
    while (offsets[line + 1]! <= at) line++;
    found.push(line);
  }
  return found;
}

/** The places of the lines that may hold all of the texts; undefined when that cannot be told. */
function candidates(block: OpenBlock, latin1: string, ascii: boolean, wanted: readonly string[]) {
  const texts = wanted.filter((one) => one !== '' && isAscii(Buffer.from(one)));
  if (texts.length === 0 || (!ascii && STRAYS.some((letter) => block.bytes.includes(letter)))) return undefined;
  const [longest = '', ...others] = texts.toSorted((a, b) => b.length - a.length);
  const lower = latin1.toLowerCase();
  return others.every((one) => lower.includes(one)) ? linesWith(lower, longest, block.offsets) : [];
}

/**
 * The lines of a block, in the order in which they came. Of lines that do not hold all of the texts that are wanted, which
 * are lower case, most are left out.
 */
export function decodeBlock(payload: Buffer, wanted: readonly string[] = []): BlockLine[] {
  const block = isVersionOne(payload) ? openVersionOne(payload) : openVersionTwo(payload);
  const ascii = isAscii(block.bytes);
  const latin1 = block.bytes.toString('latin1');
  const places = candidates(block, latin1, ascii, wanted);
  const text = ascii ? latin1 : undefined;
  if (places) return places.map((index) => new BlockLine(block, text, index));
  return Array.from({ length: block.offsets.length - 1 }, (_, index) => new BlockLine(block, text, index));
}
