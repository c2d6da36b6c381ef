/**
 * Writes BER from the end to the start, so that every length is known and minimal when it is written: elements and
 * the parts of a structure are written last one first. Grows as needed; one writer is reused for many messages.
 */
export class BerWriter {
  #buf: Buffer;
  #at: number;

  constructor(size = 2048) {
    this.#buf = Buffer.allocUnsafe(size);
    this.#at = size;
  }

  /** Starts anew. */
  reset(): void {
    this.#at = this.#buf.length;
  }

  /** Octets written so far; what `wrap` wants as the mark before a structure. */
  get length(): number {
    return this.#buf.length - this.#at;
  }

  #reserve(octets: number): void {
    if (octets <= this.#at) return;
    const used = this.length;
    const grown = Buffer.allocUnsafe(Math.max(this.#buf.length * 2, used + octets + 64));
    this.#buf.copy(grown, grown.length - used, this.#at);
    this.#buf = grown;
    this.#at = grown.length - used;
  }

  /** One octet as it is. */
  octet(value: number): void {
    this.#reserve(1);
    this.#at -= 1;
    this.#buf[this.#at] = value;
  }

  /** Octets as they are, without tag and length. */
  raw(octets: Uint8Array): void {
    this.#reserve(octets.length);
    this.#at -= octets.length;
    this.#buf.set(octets, this.#at);
  }

  /** The tag and length of an element whose content has just been written. */
  header(tag: number, length: number): void {
    this.#reserve(6);
    if (length < 0x80) {
      this.#at -= 1;
      this.#buf[this.#at] = length;
    } else {
      let octets = 0;
      for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) {
        this.#at -= 1;
        this.#buf[this.#at] = rest % 256;
        octets += 1;
      }
      this.#at -= 1;
      this.#buf[this.#at] = 0x80 | octets;
    }
    this.#at -= 1;
    this.#buf[this.#at] = tag;
  }

  /** Makes a structure of everything that was written since the mark. */
  wrap(tag: number, mark: number): void {
    this.header(tag, this.length - mark);
  }

  /** A string of octets. */
  octets(octets: Uint8Array, tag = 0x04): void {
    this.raw(octets);
    this.header(tag, octets.length);
  }

  /** A string of octets that holds a text in UTF-8. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.#reserve(length);
    this.#at -= length;
    this.#buf.write(text, this.#at, 'utf8');
    this.header(0x04, length);
  }

  /** An element without content: NULL and its kin. */
  empty(tag: number): void {
    this.header(tag, 0);
  }

  /** A two's complement number of up to 53 bits in as few octets as it needs. */
  signed(value: number, tag = 0x02): void {
    const mark = this.length;
    let rest = value;
    let low: number;
    do {
      low = ((rest % 256) + 256) % 256;
      this.octet(low);
      rest = (rest - low) / 256;
    } while (!(rest === 0 && low < 0x80) && !(rest === -1 && low >= 0x80));
    this.wrap(tag, mark);
  }

  /** A number without sign of up to 64 bits in as few octets as it needs. */
  unsigned(value: number | bigint, tag: number): void {
    const mark = this.length;
    let low: number;
    if (typeof value === 'bigint') {
      let rest = value;
      do {
        low = Number(rest & 0xffn);
        this.octet(low);
        rest >>= 8n;
      } while (rest > 0n);
    } else {
      let rest = value;
      do {
        low = rest % 256;
        this.octet(low);
        rest = (rest - low) / 256;
      } while (rest > 0);
    }
    if (low >= 0x80) this.octet(0);
    this.wrap(tag, mark);
  }

  /** What was written: a view, valid until the writer is used again. */
  view(): Buffer {
    return this.#buf.subarray(this.#at);
  }

  /** What was written, copied to the start of `room`, where it must fit; answers that part of it. */
  copyTo(room: Buffer): Buffer {
    this.#buf.copy(room, 0, this.#at);
    return room.subarray(0, this.length);
  }

  /** What was written, as a buffer of its own. */
  take(): Buffer {
    return Buffer.from(this.view());
  }
}
