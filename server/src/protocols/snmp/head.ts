/** Where the parts of a message lie, found without decoding it: enough to tell whose answer it may be. */
export interface MessageHead {
  version: number;
  /** request-id of a v1 or v2c PDU, msgID of a v3 message. */
  id: number;
  /** Content of the community string; empty in v3. */
  communityStart: number;
  communityEnd: number;
  /** The tag of the PDU; 0 in v3, where it may be encrypted. */
  pduTag: number;
  /** First octet of the PDU's content, behind the request-id; in v3 of msgGlobalData behind the msgID. */
  bodyStart: number;
  /** Where the message itself begins and ends in the memory that it came in. */
  start: number;
  end: number;
}

/** A head to be filled by `readHead`. */
export function createHead(): MessageHead {
  return { version: -1, id: 0, communityStart: 0, communityEnd: 0, pduTag: 0, bodyStart: 0, start: 0, end: 0 };
}

let at = 0;

/** Reads tag and length at `at`, steps behind them and answers the end of the content; -1 when they do not fit. */
function header(buf: Uint8Array, tag: number, end: number): number {
  if (end - at < 2 || buf[at] !== tag) return -1;
  let length = buf[at + 1] ?? 0;
  at += 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets === 0 || octets > 4 || end - at < octets) return -1;
    length = 0;
    for (let i = 0; i < octets; i += 1) length = length * 256 + (buf[at + i] ?? 0);
    at += octets;
  }
  return length > end - at ? -1 : at + length;
}

/** Reads an INTEGER of at most 32 bits at `at`; NaN when there is none. */
function int32(buf: Uint8Array, end: number): number {
  const stop = header(buf, 0x02, end);
  const length = stop - at;
  if (stop < 0 || length < 1 || length > 4) return Number.NaN;
  let value = ((buf[at] ?? 0) << 24) >> 24;
  for (at += 1; at < stop; at += 1) value = (value << 8) | (buf[at] ?? 0);
  return value;
}

/**
 * Fills `head` from a datagram: all of that memory, or what is between `start` and `stop`. False when what it looked at is
 * no SNMP message. The rest has yet to be decoded.
 */
export function readHead(datagram: Uint8Array, head: MessageHead, start = 0, stop: number = datagram.length): boolean {
  at = start;
  const end = header(datagram, 0x30, stop);
  if (end !== stop) return false;
  head.start = start;
  head.end = end;
  head.version = int32(datagram, end);
  if (head.version === 3) return readV3(datagram, head, end);
  if (head.version !== 0 && head.version !== 1) return false;
  head.communityEnd = header(datagram, 0x04, end);
  if (head.communityEnd < 0) return false;
  head.communityStart = at;
  at = head.communityEnd;
  head.pduTag = datagram[at] ?? 0;
  if (header(datagram, head.pduTag, end) !== end) return false;
  head.id = int32(datagram, end);
  head.bodyStart = at;
  return head.id === head.id;
}

function readV3(datagram: Uint8Array, head: MessageHead, end: number): boolean {
  const globalEnd = header(datagram, 0x30, end);
  if (globalEnd < 0) return false;
  head.id = int32(datagram, globalEnd);
  head.communityStart = 0;
  head.communityEnd = 0;
  head.pduTag = 0;
  head.bodyStart = at;
  return head.id === head.id;
}
