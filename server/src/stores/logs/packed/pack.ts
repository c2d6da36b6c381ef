import { isCanaryLine } from '#domain/canary-lines.ts';
import type { LogRetention, NewLine, PackedLines, Packer } from '#stores/logs/logs.ts';
import { createBlockWriter } from './block-writer.ts';
import type { BlockContent, BlockWriter } from './block-writer.ts';
import { attributeToken, createTokenSet, eachToken, fieldToken } from './tokens.ts';

/** Lines that are kept equally long: a class has its own partitions. Numbers are stored. */
export const CLASSES = [
  { number: 1, name: 'error', days: 'errorDays', from: 0, to: 3 },
  { number: 2, name: 'notice', days: 'noticeDays', from: 4, to: 5 },
  { number: 3, name: 'info', days: 'infoDays', from: 6, to: 6 },
  { number: 4, name: 'debug', days: 'debugDays', from: 7, to: 7 },
] as const satisfies readonly { days: keyof LogRetention; [key: string]: unknown }[];

const CLASS_OF_SEVERITY = [1, 1, 1, 1, 2, 2, 3, 4];

/** Lines of the canary: no class that people ask for. */
export const CANARY_CLASS = 5;

export function classOf(line: Pick<NewLine, 'severity' | 'source' | 'app'>): number {
  return isCanaryLine(line) ? CANARY_CLASS : (CLASS_OF_SEVERITY[line.severity] ?? 3);
}

/** Lines of a block at most, and their bytes. */
export const BLOCK_LINES = 4_096;
const BLOCK_BYTES = 4 * 1024 * 1024;
/** A block never spans more: what is asked of a minute need not look far beside it. */
export const BLOCK_SPAN_MS = 600_000;

/**
 * A line's number modulo this is its nanosecond in stores that order by time only. The lines of one call stay in order: a
 * millisecond has room for a start and a hundred thousand lines.
 */
export const NUMBER_CYCLE = 2 ** 20;
const NUMBER_STARTS = 890_000;

/** Lines ready for the table. */
export interface LogBlock extends PackedLines {
  readonly class: number;
  readonly block: number;
  /** The process that received the lines, where the store needs to know. */
  readonly writer: string;
  readonly first: number;
  readonly last: number;
  readonly counts: readonly number[];
  /** Ascending. */
  readonly tokens: Uint32Array;
  readonly payload: Buffer;
}

const tokens = createTokenSet();
const encoder = new TextEncoder();

function tokensOf({ bytes, ends, devices, senders, facilities, counts, fields, apart }: BlockContent): Uint32Array {
  for (let i = 0, start = 0; i < ends.length; start = ends[i++]!) eachToken(bytes, tokens.add, start, ends[i]!);
  for (const text of apart) eachToken(encoder.encode(text), tokens.add);
  for (const device of devices) tokens.add(attributeToken('device', String(device)));
  for (const sender of senders) tokens.add(attributeToken('sender', sender.toLowerCase()));
  for (const facility of facilities) tokens.add(attributeToken('facility', String(facility)));
  for (const [severity, count] of counts.entries()) {
    if (count > 0) tokens.add(attributeToken('severity', String(severity)));
  }
  for (const named of fields) for (const name in named) tokens.add(fieldToken(name, named[name]!));
  return tokens.take();
}

/** Closes a block: what was added, ready for the table. `number` is that of its first line. */
export function closeBlock(blockClass: number, block: number, from: BlockWriter, writer = ''): LogBlock {
  const content = from.content();
  const payload = from.encode();
  const made: LogBlock = {
    class: blockClass,
    canary: blockClass === CANARY_CLASS,
    block,
    writer,
    first: content.first,
    last: content.last,
    counts: content.counts,
    // Nobody looks for words in lines of the canary.
    tokens: blockClass === CANARY_CLASS ? new Uint32Array() : tokensOf(content),
    payload,
    lines: content.lines,
    bytes: payload.length,
  };
  from.clear();
  return made;
}

/** Packs lines into blocks, each of one class. `random` gives numbers in [0, 1). */
export function createPacker(random: () => number, writer = ''): Packer<LogBlock> {
  const open = new Map<number, { readonly block: BlockWriter; number: number }>();
  let closed: LogBlock[] = [];
  let number = -1;
  let lines = 0;
  let bytes = 0;

  function close(blockClass: number): void {
    const one = open.get(blockClass);
    if (one && one.block.lines > 0) closed.push(closeBlock(blockClass, one.number, one.block, writer));
  }

  return {
    get lines() {
      return lines;
    },
    get bytes() {
      return bytes;
    },
    add(line) {
      // Numbers of a millisecond only have to differ; they begin somewhere, so that two writers hardly ever meet.
      if (lines === 0) number = Math.floor(random() * 2 ** 31) * NUMBER_CYCLE + Math.floor(random() * NUMBER_STARTS);
      const blockClass = classOf(line);
      let one = open.get(blockClass);
      if (!one) open.set(blockClass, (one = { block: createBlockWriter(BLOCK_LINES), number }));
      const { block } = one;
      const far = Math.abs(line.receivedAt - block.first) > BLOCK_SPAN_MS / 2;
      if (block.lines > 0 && (far || block.lines === BLOCK_LINES || block.bytes >= BLOCK_BYTES)) close(blockClass);
      if (block.lines === 0) one.number = number;
      block.add(line, number++);
      lines++;
      bytes += line.raw.length;
    },
    take() {
      for (const blockClass of open.keys()) close(blockClass);
      const taken = closed;
      closed = [];
      lines = bytes = 0;
      return taken;
    },
  };
}

/** Lines of one call as blocks. */
export function packLines(lines: readonly NewLine[], random: () => number, writer = ''): LogBlock[] {
  const packer = createPacker(random, writer);
  for (const line of lines) packer.add(line);
  return packer.take();
}
