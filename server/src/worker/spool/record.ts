import { crc32 } from 'node:zlib';

/**
 * A record of a segment: magic, checksum, payload length, sequence, count of items, payload; little endian. The
 * checksum covers all that follows it, so a length that lies is as good as a flipped bit.
 */
const MAGIC = 0x314c5053;
export const RECORD_HEADER_BYTES = 28;
/** No batch is larger; a length beyond it is damage. */
const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024;

export interface SpoolRecord {
  readonly sequence: number;
  /** How many items the payload holds: what is lost when it is dropped. */
  readonly items: number;
  readonly payload: Buffer;
}

export function encodeRecord({ sequence, items, payload }: SpoolRecord): Buffer {
  const out = Buffer.allocUnsafe(RECORD_HEADER_BYTES + payload.length);
  out.writeUInt32LE(MAGIC, 0);
  out.writeUInt32LE(payload.length, 8);
  out.writeDoubleLE(sequence, 12);
  out.writeDoubleLE(items, 20);
  payload.copy(out, RECORD_HEADER_BYTES);
  out.writeUInt32LE(crc32(out.subarray(8)), 4);
  return out;
}

/** What stands at one place of a segment. */
export type Found =
  | { readonly kind: 'record'; readonly record: SpoolRecord; readonly end: number }
  /** Nothing, or the beginning of a record whose rest is not there (yet). */
  | { readonly kind: 'end' }
  | { readonly kind: 'damage' };

export function readRecord(bytes: Buffer, at: number): Found {
  const left = bytes.length - at;
  if (left === 0) return { kind: 'end' };
  if (left < RECORD_HEADER_BYTES) return { kind: 'end' };
  if (bytes.readUInt32LE(at) !== MAGIC) return { kind: 'damage' };
  const length = bytes.readUInt32LE(at + 8);
  if (length > MAX_PAYLOAD_BYTES) return { kind: 'damage' };
  const end = at + RECORD_HEADER_BYTES + length;
  if (end > bytes.length) return { kind: 'end' };
  if (crc32(bytes.subarray(at + 8, end)) !== bytes.readUInt32LE(at + 4)) return { kind: 'damage' };
  const payload = bytes.subarray(at + RECORD_HEADER_BYTES, end);
  const record = { sequence: bytes.readDoubleLE(at + 12), items: bytes.readDoubleLE(at + 20), payload };
  return { kind: 'record', record, end };
}

const MAGIC_BYTES = Buffer.from([0x53, 0x50, 0x4c, 0x31]);

/** The place of the next whole record after `at`, or -1: where reading goes on behind damage. */
export function nextRecord(bytes: Buffer, at: number): number {
  for (let place = bytes.indexOf(MAGIC_BYTES, at + 1); place >= 0; place = bytes.indexOf(MAGIC_BYTES, place + 1)) {
    if (readRecord(bytes, place).kind === 'record') return place;
  }
  return -1;
}

/** All that a segment's bytes hold. */
export interface Scan {
  readonly records: readonly SpoolRecord[];
  /** Bytes from the start up to the end of the last whole record. */
  readonly goodBytes: number;
  /** Damaged places with whole records behind them. */
  readonly damaged: number;
  /** Bytes behind the last whole record: what a crash cut off in the middle of writing. */
  readonly tornBytes: number;
}

/** Reads a whole segment, passing over damage. */
export function scanRecords(bytes: Buffer, start = 0): Scan {
  const records: SpoolRecord[] = [];
  let at = start;
  let damaged = 0;
  for (;;) {
    const found = readRecord(bytes, at);
    if (found.kind === 'record') {
      records.push(found.record);
      at = found.end;
      continue;
    }
    const next = nextRecord(bytes, at);
    if (next < 0) return { records, goodBytes: at, damaged, tornBytes: bytes.length - at };
    damaged++;
    at = next;
  }
}
