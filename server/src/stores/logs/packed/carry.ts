import { AppError } from '#platform/errors.ts';
import { decodeBlock } from './block.ts';
import { classOf, packBlock } from './pack.ts';
import type { LogBlock } from './pack.ts';

/** Blocks as bytes: the payload of each behind its length. All else follows from the lines in it. */
export function encodeBlocks(blocks: readonly LogBlock[]): Buffer {
  const parts: Buffer[] = [];
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
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + (bytes.length - at >= 4 ? bytes.readUInt32LE(at) : bytes.length);
    if (end > bytes.length) throw new AppError('internal', 'A batch of lines in the spool is cut short.');
    // A copy: the bytes around it need not stay in memory for it.
    const payload = Buffer.from(bytes.subarray(at + 4, end));
    const lines = decodeBlock(payload);
    if (lines[0]) blocks.push(packBlock(classOf(lines[0].severity), lines, payload));
    at = end;
  }
  return blocks;
}
