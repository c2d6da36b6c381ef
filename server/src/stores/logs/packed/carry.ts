import { AppError } from '#platform/errors.ts';
import { decodeBlock } from './block.ts';
import { classOf, packBlock } from './pack.ts';
import type { LogBlock } from './pack.ts';

/** Blocks of one writer as bytes: his name, and the payload of each behind its length. All else follows from the lines. */
export function encodeBlocks(blocks: readonly LogBlock[]): Buffer {
  const writer = Buffer.from(blocks[0]?.writer ?? '').subarray(0, 255);
  const parts: Buffer[] = [Buffer.from([writer.length]), writer];
  for (const { payload } of blocks) {
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(payload.length);
    parts.push(length, payload);
  }
  return Buffer.concat(parts);
}

/** The same blocks again, number for number. */
export function decodeBlocks(bytes: Buffer): LogBlock[] {
  const blocks: LogBlock[] = [];
  const named = 1 + (bytes[0] ?? 0);
  const writer = bytes.toString('utf8', 1, named);
  for (let at = named; at < bytes.length;) {
    const end = at + 4 + (bytes.length - at >= 4 ? bytes.readUInt32LE(at) : bytes.length);
    if (end > bytes.length) throw new AppError('internal', 'A batch of lines in the spool is cut short.');
    // A copy: the bytes around it need not stay in memory for it.
    const payload = Buffer.from(bytes.subarray(at + 4, end));
    const lines = decodeBlock(payload);
    if (lines[0]) blocks.push(packBlock(classOf(lines[0]), lines, writer, payload));
    at = end;
  }
  return blocks;
}
