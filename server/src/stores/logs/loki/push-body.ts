/** An entry of a stream: Loki keeps one of those with the same nanosecond, line and metadata. */
export interface PushEntry {
  /** Epoch ms, and nanoseconds within it. */
  readonly ms: number;
  readonly nanos: number;
  readonly line: string;
  readonly metadata: readonly (readonly [string, string])[];
}

export interface PushStream {
  /** `{device="7"}` */
  readonly labels: string;
  readonly entries: readonly PushEntry[];
}

const LENGTH_DELIMITED = 2;

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Grows as it is written; a field that holds others is written behind its length, which is known beforehand. */
class Writer {
  #bytes: Buffer;
  #at = 0;
  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size);
  }
  #need(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + size));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
  varint(value: number): void {
    this.#need(10);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    this.#bytes[this.#at++] = rest;
  }
  open(field: number, length: number): void {
    this.varint(field * 8 + LENGTH_DELIMITED);
    this.varint(length);
  }
  text(field: number, text: string, length: number): void {
    this.open(field, length);
    this.#need(length);
    this.#bytes.write(text, this.#at, 'utf8');
    this.#at += length;
  }
  take(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}

const fieldLength = (length: number) => 1 + varintLength(length) + length;
const lengthOf = (text: string) => Buffer.byteLength(text, 'utf8');

/** `logproto.PushRequest` (pkg/push/push.proto): streams of (labels, entries of (time, line, metadata)). */
function encodeRequest(streams: readonly PushStream[]): Buffer {
  const out = new Writer(256 * 1024);
  for (const { labels, entries } of streams) {
    const sized = entries.map((entry) => {
      const seconds = Math.floor(entry.ms / 1000);
      const nanos = (entry.ms % 1000) * 1e6 + entry.nanos;
      const time = 1 + varintLength(seconds) + 1 + varintLength(nanos);
      const line = lengthOf(entry.line);
      const pairs = entry.metadata.map(([name, value]) => ({ name, value, n: lengthOf(name), v: lengthOf(value) }));
      let length = fieldLength(time) + fieldLength(line);
      for (const { n, v } of pairs) length += fieldLength(fieldLength(n) + fieldLength(v));
      return { entry, seconds, nanos, time, line, pairs, length };
    });
    const labelsLength = lengthOf(labels);
    out.open(
      1,
      sized.reduce((sum, { length }) => sum + fieldLength(length), fieldLength(labelsLength)),
    );
    out.text(1, labels, labelsLength);
    for (const { entry, seconds, nanos, time, line, pairs, length } of sized) {
      out.open(2, length);
      out.open(1, time);
      out.varint(1 * 8);
      out.varint(seconds);
      out.varint(2 * 8);
      out.varint(nanos);
      out.text(2, entry.line, line);
      for (const { name, value, n, v } of pairs) {
        out.open(3, fieldLength(n) + fieldLength(v));
        out.text(1, name, n);
        out.text(2, value, v);
      }
    }
  }
  return out.take();
}

const LITERAL_MAX = 65_536;

/**
 * Snappy's block format with literals only: what Loki asks for on the wire. To compress for it would cost the collector
 * more than the network takes.
 */
function snappyLiterals(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  const head = new Writer(10);
  head.varint(bytes.length);
  parts.push(head.take());
  for (let at = 0; at < bytes.length; at += LITERAL_MAX) {
    const piece = bytes.subarray(at, at + LITERAL_MAX);
    // Tag 61: a literal whose length less one follows in two bytes.
    const tag = Buffer.allocUnsafe(3);
    tag[0] = 61 << 2;
    tag.writeUInt16LE(piece.length - 1, 1);
    parts.push(tag, piece);
  }
  return Buffer.concat(parts);
}

/** The body of `POST /loki/api/v1/push`, as `application/x-protobuf`. */
export function encodePush(streams: readonly PushStream[]): Buffer {
  return snappyLiterals(encodeRequest(streams));
}
