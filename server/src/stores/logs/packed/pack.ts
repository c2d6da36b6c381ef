import type { LogRetention, NewLine, PackedLines } from '#stores/logs/logs.ts';
import { isCanaryLine } from '#domain/canary-lines.ts';
import { encodeBlock } from './block.ts';
import type { NumberedLine } from './block.ts';
import { attributeToken, createTokenSet, eachToken } from './tokens.ts';

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
  readonly tokens: readonly number[];
  readonly payload: Buffer;
}

const tokens = createTokenSet();

/** What a syslog line's names and fields say stands in its text, and is indexed with it; of others it may not. */
function addNames({ host, app, procId, msgId, fields }: NewLine): void {
  for (const name of [host, app, procId, msgId, ...Object.values(fields ?? {})]) {
    if (name !== '') eachToken(Buffer.from(name), tokens.add);
  }
}

/** One block of lines that stand in the order of their receipt; `payload` when it is there already. */
export function packBlock(
  blockClass: number,
  lines: readonly NumberedLine[],
  writer = '',
  payload = encodeBlock(lines),
): LogBlock {
  const counts = Array.from({ length: 8 }, () => 0);
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let [device, sender, facility, severity] = [-1, '', -1, -1];
  for (const line of lines) {
    first = Math.min(first, line.receivedAt);
    last = Math.max(last, line.receivedAt);
    counts[line.severity]!++;
    // Nobody looks for words in them.
    if (blockClass === CANARY_CLASS) continue;
    eachToken(line.raw, tokens.add);
    if (line.source !== 'syslog') addNames(line);
    // Neighbours are often of one sender.
    if (line.deviceId !== device) tokens.add(attributeToken('device', String((device = line.deviceId))));
    if (line.sender !== sender) tokens.add(attributeToken('sender', (sender = line.sender).toLowerCase()));
    if (line.facility !== facility) tokens.add(attributeToken('facility', String((facility = line.facility))));
    if (line.severity !== severity) tokens.add(attributeToken('severity', String((severity = line.severity))));
  }
  return {
    class: blockClass,
    canary: blockClass === CANARY_CLASS,
    block: lines[0]!.number,
    writer,
    first,
    last,
    counts,
    tokens: tokens.take(),
    payload,
    lines: lines.length,
    bytes: payload.length,
  };
}

/** Packs lines into blocks, each of one class. `random` gives numbers in [0, 1). */
export function packLines(lines: readonly NewLine[], random: () => number, writer = ''): LogBlock[] {
  // Numbers of a millisecond only have to differ; they begin somewhere, so that two writers hardly ever meet.
  let number = Math.floor(random() * 2 ** 31) * NUMBER_CYCLE + Math.floor(random() * NUMBER_STARTS);
  const waiting = new Map<number, NumberedLine[]>();
  const bytes = new Map<number, number>();
  const blocks: LogBlock[] = [];
  function close(blockClass: number): void {
    const ready = waiting.get(blockClass) ?? [];
    waiting.delete(blockClass);
    bytes.delete(blockClass);
    if (ready.length > 0) blocks.push(packBlock(blockClass, ready, writer));
  }
  for (const line of lines) {
    const blockClass = classOf(line);
    const before = waiting.get(blockClass)?.[0]?.receivedAt ?? line.receivedAt;
    if (Math.abs(line.receivedAt - before) > BLOCK_SPAN_MS / 2) close(blockClass);
    const ready = waiting.get(blockClass) ?? [];
    waiting.set(blockClass, ready);
    ready.push({ ...line, number: number++ });
    const size = (bytes.get(blockClass) ?? 0) + line.raw.length;
    bytes.set(blockClass, size);
    if (ready.length >= BLOCK_LINES || size >= BLOCK_BYTES) close(blockClass);
  }
  for (const blockClass of waiting.keys()) close(blockClass);
  return blocks;
}
