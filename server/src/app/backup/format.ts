import { z } from 'zod';
import { AppError } from '#platform/errors.ts';

/**
 * A backup is a gzip stream of frames: four octets of length, one of kind, the payload. A header; for every table its
 * description and then its rows as PostgreSQL's COPY text, in pieces; an end, by which a file that was cut short is known.
 */
export const FRAME = { header: 1, table: 2, data: 3, end: 4 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export interface Frame {
  readonly kind: number;
  readonly payload: Buffer;
}

const identifier = z.string().regex(/^[a-z_][a-z0-9_]*$/, 'a table or column name');
const bound = z.string().regex(/^FOR VALUES FROM \('[0-9 :+.-]+'\) TO \('[0-9 :+.-]+'\)$/, 'the range of a partition');

export const BackupTable = z.object({
  name: identifier,
  columns: z.array(identifier).min(1),
  /** A partition is made anew: below which table, for which range, with which indexes. */
  partition: z
    .object({
      parent: identifier,
      bound,
      indexes: z.array(z.object({ name: identifier, unique: z.boolean(), columns: z.array(identifier).min(1) })),
    })
    .optional(),
  /** Where the counters behind identity columns stood. */
  sequences: z.array(z.object({ column: identifier, value: z.string().regex(/^\d+$/) })),
});
export type BackupTable = z.infer<typeof BackupTable>;

export const BackupHeader = z.object({
  format: z.literal('sotp-backup-1'),
  version: z.string(),
  at: z.iso.datetime(),
  /** Names of the migrations that had been applied. */
  migrations: z.array(z.string()),
  /** The same of those for TimescaleDB, where time series are kept in it. */
  timescale: z.array(z.string()).optional(),
  /** The key file of the secrets, when the operator asked for it. */
  key: z.string().optional(),
});
export type BackupHeader = z.infer<typeof BackupHeader>;

export const BackupEnd = z.object({ tables: z.number().int() });

const FRAME_BYTES_MAX = 64 * 1024 * 1024;

export function encodeFrame(kind: FrameKind, payload: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length);
  head.writeUInt8(kind, 4);
  return Buffer.concat([head, payload]);
}

export function encodeJson(kind: FrameKind, value: unknown): Buffer {
  return encodeFrame(kind, Buffer.from(JSON.stringify(value)));
}

/** Why a file cannot be restored. */
export function damaged(file: string, cause?: unknown): AppError {
  return new AppError('bad_request', `${file} is not a complete SOTP backup: it was cut short or damaged`, { cause });
}

/** Takes a stream of octets apart into frames. Throws when a length is impossible or the last frame is cut. */
export async function* decodeFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 5) {
      const length = rest.readUInt32BE();
      if (length > FRAME_BYTES_MAX) throw new Error(`a frame of ${length} octets`);
      if (rest.length < 5 + length) break;
      yield { kind: rest.readUInt8(4), payload: rest.subarray(5, 5 + length) };
      rest = rest.subarray(5 + length);
    }
  }
  if (rest.length > 0) throw new Error('the last frame is cut');
}
