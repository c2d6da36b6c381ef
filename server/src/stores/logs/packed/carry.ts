import { AppError } from '#platform/errors.ts';
import { decodeBlock } from './block.ts';
import { createBlockWriter } from './block-writer.ts';
import { BLOCK_LINES, CANARY_CLASS, classOf, closeBlock } from './pack.ts';
import type { LogBlock } from './pack.ts';

// A batch in the spool: the writer's name behind its length, then the blocks. A block: the length of its payload; when the
// bit of `INDEXED` is set in that, the length of its index, and that; the payload.

const INDEXED = 0x8000_0000;
/** Class and lines, block, first, last, the eight counts, and how many tokens; then those, as distances of 7 bits a byte. */
const INDEX_HEAD = 4 + 3 * 8 + 8 * 4 + 4;

function encodeIndex({ class: blockClass, lines, block, first, last, counts, tokens }: LogBlock): Buffer {
  const index = Buffer.allocUnsafe(INDEX_HEAD + tokens.length * 3);
  index.writeUInt32LE(blockClass * 2 ** 24 + lines, 0);
  for (const [i, number] of [block, first, last].entries()) index.writeDoubleLE(number, 4 + i * 8);
  for (let i = 0; i < 8; i++) index.writeUInt32LE(counts[i] ?? 0, 28 + i * 4);
  index.writeUInt32LE(tokens.length, 60);
  let at = INDEX_HEAD;
  let before = 0;
  for (const token of tokens) {
    let distance = token - before;
    before = token;
    for (; distance > 127; distance >>>= 7) index[at++] = (distance & 127) | 128;
    index[at++] = distance;
  }
  return index.subarray(0, at);
}

function decodeIndex(index: Buffer, writer: string, payload: Buffer): LogBlock {
  const head = index.readUInt32LE(0);
  const tokens = new Uint32Array(index.readUInt32LE(60));
  let at = INDEX_HEAD;
  let token = 0;
  for (let i = 0; i < tokens.length; i++) {
    let shift = 0;
    let byte = index[at++]!;
    let distance = byte & 127;
    for (; byte > 127; distance |= (byte & 127) << shift) {
      byte = index[at++]!;
      shift += 7;
    }
    tokens[i] = token += distance;
  }
  return {
    class: head >>> 24,
    canary: head >>> 24 === CANARY_CLASS,
    lines: head & 0xff_ffff,
    block: index.readDoubleLE(4),
    first: index.readDoubleLE(12),
    last: index.readDoubleLE(20),
    counts: Array.from({ length: 8 }, (_, i) => index.readUInt32LE(28 + i * 4)),
    tokens,
    writer,
    payload,
    bytes: payload.length,
  };
}

/** Blocks of one writer as bytes. */
export function encodeBlocks(blocks: readonly LogBlock[]): Buffer {
  const writer = Buffer.from(blocks[0]?.writer ?? '').subarray(0, 255);
  const parts: Buffer[] = [Buffer.from([writer.length]), writer];
  for (const block of blocks) {
    const index = encodeIndex(block);
    const lengths = Buffer.allocUnsafe(8);
    lengths.writeUInt32LE(INDEXED + block.payload.length, 0);
    lengths.writeUInt32LE(index.length, 4);
    parts.push(lengths, index, block.payload);
  }
  return Buffer.concat(parts);
}

/** A block of which only the payload is there, as batches had it before they carried the index. */
function indexAnew(payload: Buffer, writer: string): LogBlock[] {
  const lines = decodeBlock(payload);
  if (!lines[0]) return [];
  const into = createBlockWriter(Math.max(BLOCK_LINES, lines.length));
  for (const line of lines) into.add(line, line.number);
  return [closeBlock(classOf(lines[0]), lines[0].number, into, writer)];
}

/** The same blocks again, number for number. Throws `internal` for bytes that are none. */
export function decodeBlocks(bytes: Buffer): LogBlock[] {
  const blocks: LogBlock[] = [];
  const named = 1 + (bytes[0] ?? 0);
  const writer = bytes.toString('utf8', 1, named);
  let at = named;
  const take = (length: number) => {
    if (at + length > bytes.length) throw new AppError('internal', 'A batch of lines in the spool is cut short.');
    return bytes.subarray(at, (at += length));
  };
  while (at < bytes.length) {
    const length = take(4).readUInt32LE(0);
    const index = length >= INDEXED ? take(take(4).readUInt32LE(0)) : undefined;
    // A copy: the bytes around it need not stay in memory for it.
    const payload = Buffer.from(take(length % INDEXED));
    if (!index) blocks.push(...indexAnew(payload, writer));
    else if (index.length < INDEX_HEAD) throw new AppError('internal', 'A batch of lines in the spool is damaged.');
    else blocks.push(decodeIndex(index, writer, payload));
  }
  return blocks;
}
