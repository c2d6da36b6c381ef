import type { Changing, Mib } from './mib.ts';

/** Room for the largest UDP payload and one varbind more. */
const ROOM = 2 * 65_536;
/** Room kept in front of the varbinds for everything that comes before them. */
const HEAD = 512;

/** Builds one response after the other in one piece of memory; names and constant values are copied as they are stored. */
export class ResponseBuilder {
  readonly #out = Buffer.alloc(ROOM);
  #at = HEAD;

  reset(): void {
    this.#at = HEAD;
  }

  /** Octets of the varbinds so far; `cut` goes back to such a length. */
  get length(): number {
    return this.#at - HEAD;
  }

  cut(length: number): void {
    this.#at = HEAD + length;
  }

  /** Adds a variable with its value at this instant. */
  variable<Device>(mib: Mib<Device>, i: number, device: Device, nowMs: number): void {
    const start = mib.starts[i] ?? 0;
    const nameEnd = mib.nameEnds[i] ?? 0;
    const changing = mib.changing[i];
    if (changing === undefined) {
      const end = mib.starts[i + 1] ?? 0;
      this.#header(0x30, end - start);
      this.#copy(mib.bytes, start, end);
    } else if ('number' in changing) this.#number(mib.bytes, start, nameEnd, changing, device, nowMs);
    else {
      const octets = changing.octets(device, nowMs);
      this.#header(0x30, nameEnd - start + lengthOfHeader(octets.length) + octets.length);
      this.#copy(mib.bytes, start, nameEnd);
      this.#header(changing.tag, octets.length);
      this.#copy(octets, 0, octets.length);
    }
  }

  /** Adds the name in `octets[start, end)` (without tag and length) with an empty value: NULL or an exception. */
  empty(octets: Uint8Array, start: number, end: number, tag: number): void {
    const length = end - start;
    this.#header(0x30, lengthOfHeader(length) + length + 2);
    this.#header(0x06, length);
    this.#copy(octets, start, end);
    this.#out[this.#at] = tag;
    this.#out[this.#at + 1] = 0;
    this.#at += 2;
  }

  /** Adds the name of variable `i` with an empty value. */
  emptyVariable(mib: Mib<never>, i: number, tag: number): void {
    const start = mib.starts[i] ?? 0;
    const nameEnd = mib.nameEnds[i] ?? 0;
    this.#header(0x30, nameEnd - start + 2);
    this.#copy(mib.bytes, start, nameEnd);
    this.#out[this.#at] = tag;
    this.#out[this.#at + 1] = 0;
    this.#at += 2;
  }

  /** Adds octets that are encoded already. */
  raw(octets: Uint8Array, start: number, end: number): void {
    this.#copy(octets, start, end);
  }

  #number<Device>(
    bytes: Uint8Array,
    start: number,
    nameEnd: number,
    changing: Extract<Changing<Device>, { number: unknown }>,
    device: Device,
    nowMs: number,
  ): void {
    const value = changing.number(device, nowMs);
    const length = lengthOfNumber(value);
    this.#header(0x30, nameEnd - start + 2 + length);
    this.#copy(bytes, start, nameEnd);
    this.#header(changing.tag, length);
    let rest = value;
    for (let at = this.#at + length - 1; at >= this.#at; at--) {
      const high = Math.floor(rest / 256);
      this.#out[at] = rest - high * 256;
      rest = high;
    }
    this.#at += length;
  }

  #header(tag: number, length: number): void {
    const out = this.#out;
    out[this.#at] = tag;
    if (length < 0x80) {
      out[this.#at + 1] = length;
      this.#at += 2;
    } else if (length < 0x100) {
      out[this.#at + 1] = 0x81;
      out[this.#at + 2] = length;
      this.#at += 3;
    } else {
      out[this.#at + 1] = 0x82;
      out[this.#at + 2] = length >>> 8;
      out[this.#at + 3] = length & 0xff;
      this.#at += 4;
    }
  }

  #copy(from: Uint8Array, start: number, end: number): void {
    const out = this.#out;
    let at = this.#at;
    if (end - start > 64) out.set(from.subarray(start, end), at);
    else for (let k = start; k < end; k++, at++) out[at] = from[k] ?? 0;
    this.#at += end - start;
  }

  /**
   * The whole message as a buffer of its own: version, community and request-id are taken from the request as they
   * were encoded there, `request[head, headEnd)` and `request[id, idEnd)`.
   */
  finish(
    request: Uint8Array,
    head: number,
    headEnd: number,
    id: number,
    idEnd: number,
    errorStatus: number,
    errorIndex: number,
  ): Buffer {
    const varbinds = this.length;
    const index = lengthOfNumber(errorIndex);
    const list = lengthOfHeader(varbinds) + varbinds;
    const pdu = idEnd - id + 3 + 2 + index + list;
    const message = headEnd - head + lengthOfHeader(pdu) + pdu;
    const end = this.#at;
    this.#at = end;
    // The head is written behind the varbinds and copied together with them.
    this.#header(0x30, message);
    this.#copy(request, head, headEnd);
    this.#header(0xa2, pdu);
    this.#copy(request, id, idEnd);
    this.#header(0x02, 1);
    this.#out[this.#at++] = errorStatus;
    this.#header(0x02, index);
    for (let shift = (index - 1) * 8; shift >= 0; shift -= 8) this.#out[this.#at++] = (errorIndex >>> shift) & 0xff;
    this.#header(0x30, varbinds);
    const headLength = this.#at - end;
    const whole = Buffer.allocUnsafe(headLength + varbinds);
    this.#out.copy(whole, 0, end, this.#at);
    this.#out.copy(whole, headLength, HEAD, end);
    this.#at = end;
    return whole;
  }

  /** Octets of the whole message when the varbinds take `varbinds` octets. */
  messageLength(varbinds: number, headLength: number, idLength: number): number {
    const pdu = idLength + 6 + lengthOfHeader(varbinds) + varbinds;
    const message = headLength + lengthOfHeader(pdu) + pdu;
    return lengthOfHeader(message) + message;
  }
}

function lengthOfHeader(length: number): number {
  return length < 0x80 ? 2 : length < 0x100 ? 3 : 4;
}

/** Octets of a number in two's complement with the sign bit clear for what is positive. */
function lengthOfNumber(value: number): number {
  let length = 1;
  if (value >= 0) for (let limit = 0x80; value >= limit; limit *= 256) length++;
  else for (let limit = -0x80; value < limit; limit *= 256) length++;
  return length;
}
