/** RFC 6455 section 5.2: a whole text message. */
const FINAL_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
/** Messages go out together up to this many octets. */
const TOGETHER_OCTETS = 128 * 1024;

/** WebSocket messages of a server, one behind the other, ready for the wire. */
export interface Frames {
  readonly count: number;
  readonly octets: Buffer;
}

function head(length: number): Buffer {
  if (length < LENGTH_16) return Buffer.from([FINAL_TEXT, length]);
  const header = Buffer.allocUnsafe(length < 65_536 ? 4 : 10);
  header[0] = FINAL_TEXT;
  if (length < 65_536) {
    header[1] = LENGTH_16;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = LENGTH_64;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return header;
}

/** Texts as messages, as few pieces as their size allows. */
export function frameTexts(texts: readonly string[]): Frames[] {
  const frames: Frames[] = [];
  let parts: Buffer[] = [];
  let octets = 0;
  const close = () => {
    if (parts.length > 0) frames.push({ count: parts.length / 2, octets: Buffer.concat(parts, octets) });
    parts = [];
    octets = 0;
  };
  for (const text of texts) {
    const payload = Buffer.from(text);
    const header = head(payload.length);
    if (octets + header.length + payload.length > TOGETHER_OCTETS) close();
    parts.push(header, payload);
    octets += header.length + payload.length;
  }
  close();
  return frames;
}
