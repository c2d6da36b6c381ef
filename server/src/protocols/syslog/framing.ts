/** A frame may hold so much; what is longer is cut and marked. */
export const FRAME_BYTES_MAX = 65_536;
/** A count up to this is believed, cut and passed over; a count beyond it is a lie, and the connection ends. */
const COUNT_MAX = 16 * 1024 * 1024;
const COUNT_DIGITS_MAX = 9;
/** What lies between a counted frame and the next head is searched so far before giving up. */
const RESYNC_BYTES = 256;
const LF = 10;
const CR = 13;
const NUL = 0;
const SPACE = 32;
const LESS = 60;

export type FrameFault = 'bad_count' | 'count_too_large';

export interface FrameSink {
  /**
   * A frame is a piece of bytes that stay as they are; `truncated` when there was more of it. Frames of one chunk are
   * mostly pieces of that chunk.
   */
  frame(bytes: Buffer, start: number, end: number, truncated: boolean): void;
}

/** Cuts the bytes of one connection into frames (RFC 6587), holding no more than one frame of `maxBytes`. */
export interface FrameDecoder {
  /** Answers a fault when the connection makes no sense any more and is to be closed. */
  push(chunk: Buffer): FrameFault | undefined;
  /** The connection has ended: what is left is a frame too. */
  end(): void;
  /** Bytes of a frame that has begun and not ended. */
  readonly pending: number;
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 48 && byte <= 57;

/**
 * Octet counting and line ends are told apart frame by frame as they come: `123 <` begins a counted frame, `<` one that
 * ends with LF or NUL. Once a connection has counted, anything but a count or `<` is a fault.
 */
export function createFrameDecoder(sink: FrameSink, maxBytes = FRAME_BYTES_MAX): FrameDecoder {
  let held = Buffer.alloc(0);
  let length = 0;
  /** No line end before this place of what is held. */
  let searched = 0;
  /** Bytes of the present counted frame that are passed over. */
  let skipCounted = 0;
  /** The rest of an overlong line is passed over up to its end. */
  let skipLine = false;
  let counts = false;

  function hold(bytes: Buffer): void {
    if (length + bytes.length > held.length) {
      const grown = Buffer.allocUnsafe(Math.max(256, 2 * held.length, length + bytes.length));
      held.copy(grown, 0, 0, length);
      held = grown;
    }
    bytes.copy(held, length);
    length += bytes.length;
  }

  /** The place behind the count's space, and the count; `incomplete` when more bytes must come, else undefined. */
  function count(data: Buffer, at: number): { start: number; bytes: number } | 'incomplete' | 'too_large' | undefined {
    let end = at;
    let bytes = 0;
    while (end < data.length && isDigit(data[end]) && end - at <= COUNT_DIGITS_MAX)
      bytes = bytes * 10 + data[end++]! - 48;
    if (data[at] === 48 || end - at > COUNT_DIGITS_MAX + 1) return undefined;
    if (end === data.length) return 'incomplete';
    if (data[end] !== SPACE) return undefined;
    // A line that begins with a number is no counted frame: that one has its PRI or nothing yet.
    if (!counts && end + 1 === data.length) return 'incomplete';
    if (!counts && data[end + 1] !== LESS) return undefined;
    if (!counts && end + 2 === data.length) return 'incomplete';
    if (!counts && !isDigit(data[end + 2])) return undefined;
    return bytes > COUNT_MAX ? 'too_large' : { start: end + 1, bytes };
  }

  /** The next NUL of the present data: looked for once, since there is hardly ever one. */
  let nextNul = -1;

  function lineEnd(data: Buffer, from: number): number {
    const lf = data.indexOf(LF, from);
    if (nextNul < from) {
      const nul = data.indexOf(NUL, from);
      nextNul = nul === -1 ? Number.POSITIVE_INFINITY : nul;
    }
    if (lf === -1) return nextNul === Number.POSITIVE_INFINITY ? -1 : nextNul;
    return Math.min(lf, nextNul);
  }

  /** Cuts what is in `data`; answers how many bytes are used up. `own`: the bytes may be handed out as they are. */
  function cut(data: Buffer, own: boolean): { used: number; fault?: FrameFault } {
    const emit = (from: number, to: number, truncated: boolean) => {
      if (own) sink.frame(data, from, to, truncated);
      else sink.frame(Buffer.from(data.subarray(from, to)), 0, to - from, truncated);
    };
    nextNul = -1;
    let at = 0;
    while (at < data.length) {
      if (skipCounted > 0) {
        const step = Math.min(skipCounted, data.length - at);
        skipCounted -= step;
        at += step;
        continue;
      }
      if (skipLine) {
        const end = lineEnd(data, at);
        if (end === -1) return { used: data.length };
        skipLine = false;
        at = end + 1;
        continue;
      }
      const first = data[at]!;
      if (first === LF || first === CR || first === NUL) {
        at++;
        continue;
      }
      if (isDigit(first)) {
        const head = count(data, at);
        if (head === 'incomplete') return { used: at };
        if (head === 'too_large') return { used: at, fault: 'count_too_large' };
        if (head !== undefined) {
          counts = true;
          const wanted = Math.min(head.bytes, maxBytes);
          if (data.length - head.start < wanted) return { used: at };
          emit(head.start, head.start + wanted, head.bytes > maxBytes);
          skipCounted = head.bytes - wanted;
          at = head.start + wanted;
          continue;
        }
        if (counts) return { used: at, fault: 'bad_count' };
      } else if (counts && first !== LESS) {
        // A sender that counts characters instead of octets leaves the end of its line here: find the next head.
        const next = nextHead(data, at);
        if (next === -1) return data.length - at >= RESYNC_BYTES ? { used: at, fault: 'bad_count' } : { used: at };
        at = next;
        continue;
      }
      const end = lineEnd(data, Math.max(at, searched));
      if (end === -1 || end - at > maxBytes) {
        if (end === -1 && data.length - at <= maxBytes) {
          searched = data.length;
          return { used: at };
        }
        emit(at, at + maxBytes, true);
        searched = 0;
        skipLine = true;
        at += maxBytes;
        continue;
      }
      searched = 0;
      emit(at, end, false);
      at = end + 1;
    }
    return { used: at };
  }

  /** Where, not far from here, `123 <` stands; -1 when nowhere. */
  function nextHead(data: Buffer, at: number): number {
    for (let place = at; place < data.length && place < at + RESYNC_BYTES; place++) {
      if (data[place] === LESS) return place;
      if (!isDigit(data[place]) || data[place] === 48) continue;
      // `-1` is no count, nor is the rest of one that is too long.
      if (place > at && (data[place - 1] === 45 || data[place - 1] === 43 || isDigit(data[place - 1]))) continue;
      let end = place;
      while (isDigit(data[end])) end++;
      if (data[end] === SPACE && data[end + 1] === LESS) return place;
    }
    return -1;
  }

  return {
    get pending() {
      return length;
    },
    push(chunk) {
      if (length === 0) {
        searched = 0;
        const { used, fault } = cut(chunk, true);
        if (used < chunk.length) {
          hold(chunk.subarray(used));
          searched = Math.max(0, searched - used);
        }
        return fault;
      }
      hold(chunk);
      const { used, fault } = cut(held.subarray(0, length), false);
      if (used > 0) {
        held.copyWithin(0, used, length);
        length -= used;
        searched = Math.max(0, searched - used);
        if (length === 0 && held.length > 4096) held = Buffer.alloc(0);
      }
      return fault;
    },
    end() {
      if (length > 0) {
        const end = Math.min(length, maxBytes);
        sink.frame(Buffer.from(held.subarray(0, end)), 0, end, counts || length > maxBytes);
      }
      length = 0;
      searched = 0;
    },
  };
}
