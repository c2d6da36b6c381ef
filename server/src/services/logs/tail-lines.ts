import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { LogEntry } from '@sotp/contract/logs.ts';

/** So much JSON becomes less than PostgreSQL carries in a notification, unless lines have nothing in common. */
const PIECE_CHARACTERS = 48 * 1024;
const UNPACKED_MAX = 64 * 1024 * 1024;
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Lines as they travel on the bus: JSON texts, compressed together, in as many pieces as their size asks for. */
export function packLines(lines: readonly LogEntry[]): string[] {
  const pieces: string[] = [];
  let texts: string[] = [];
  let characters = 0;
  const close = () => {
    if (texts.length > 0) pieces.push(zstdCompressSync(texts.join('\n'), FAST).toString('base64'));
    texts = [];
    characters = 0;
  };
  for (const line of lines) {
    const text = JSON.stringify(line);
    if (characters + text.length > PIECE_CHARACTERS) close();
    texts.push(text);
    characters += text.length;
  }
  close();
  return pieces;
}

/** The JSON texts of a piece, which are handed on as they are; none when it is not one of ours. */
export function unpackLines(piece: string): string[] {
  try {
    return zstdDecompressSync(Buffer.from(piece, 'base64'), { maxOutputLength: UNPACKED_MAX })
      .toString('utf8')
      .split('\n');
  } catch {
    return [];
  }
}
