import { signedAt, unsignedAt } from './number.ts';

/**
 * Reads BER as SNMP uses it (RFC 3417 section 8: definite lengths only) from one buffer, without ever throwing: what
 * does not fit sets `bad`, and from then on every read answers zero or nothing and `more` is false. So a decoder runs
 * through to its end and asks once. One reader is reused for many messages.
 */
export class BerReader {
  buf: Uint8Array;
  /** Next octet to be read. */
  at: number;
  /** End of the structure that is open. */
  end: number;
  bad: boolean;

  constructor(buf: Uint8Array, start = 0, end: number = buf.length) {
    this.buf = buf;
    this.at = start;
    this.end = end;
    this.bad = false;
  }

  /** Starts anew on another message. */
  load(buf: Uint8Array, start = 0, end: number = buf.length): void {
    this.buf = buf;
    this.at = start;
    this.end = end;
    this.bad = false;
  }

  /** Gives up: nothing more can be read. Returns 0 so that a read can return it. */
  fail(): 0 {
    this.bad = true;
    this.at = this.end;
    return 0;
  }

  /** True while the open structure holds another element. */
  get more(): boolean {
    return !this.bad && this.at < this.end;
  }

  /** The tag that comes next, or 0 when nothing does. */
  peek(): number {
    return this.at < this.end ? (this.buf[this.at] ?? 0) : 0;
  }

  /**
   * Reads a tag and a length, leaves `at` at the content and returns where the content ends. Multi-octet tags, the
   * indefinite form and lengths that reach beyond the open structure are bad.
   */
  header(tag: number): number {
    const { buf, end } = this;
    let at = this.at;
    if (this.bad || end - at < 2 || buf[at] !== tag) return this.fail();
    let length = buf[at + 1] ?? 0;
    at += 2;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > 4 || end - at < octets) return this.fail();
      length = 0;
      for (let i = 0; i < octets; i += 1) length = length * 256 + (buf[at + i] ?? 0);
      at += octets;
    }
    if (length > end - at) return this.fail();
    this.at = at;
    return at + length;
  }

  /** Steps into a structure; returns the end of the one around it, which `close` wants back. */
  open(tag: number): number {
    const outer = this.end;
    const inner = this.header(tag);
    if (!this.bad) this.end = inner;
    return outer;
  }

  /** Steps out of a structure, all of which must have been read. */
  close(outer: number): void {
    if (this.bad || this.at !== this.end) this.fail();
    this.end = outer;
    if (this.bad) this.at = outer;
  }

  /** Reads an INTEGER that fits 32 bits. */
  int32(): number {
    const end = this.header(0x02);
    const value = this.signed(end);
    return value >= -0x8000_0000 && value <= 0x7fff_ffff ? value : this.fail();
  }

  /** Reads the content of a two's complement number that ends at `end`; beyond 2^53 it is rounded. */
  signed(end: number): number {
    const value = this.bad ? Number.NaN : signedAt(this.buf, this.at, end);
    if (value !== value) return this.fail();
    this.at = end;
    return value;
  }

  /**
   * Reads the content of a number without sign that ends at `end`; beyond 2^53 it is rounded. Agents that leave out
   * the leading zero octet of a number whose top bit is set are understood.
   */
  unsigned(end: number): number {
    const value = this.bad ? Number.NaN : unsignedAt(this.buf, this.at, end);
    if (value !== value) return this.fail();
    this.at = end;
    return value;
  }

  /** Reads a string of octets with that tag: a view, valid as long as the buffer is. */
  octets(tag = 0x04): Uint8Array {
    const end = this.header(tag);
    if (this.bad) return EMPTY;
    const view = this.buf.subarray(this.at, end);
    this.at = end;
    return view;
  }

  /** Steps over the next element, whatever its tag. */
  skip(): void {
    const end = this.header(this.peek());
    if (!this.bad) this.at = end;
  }
}

const EMPTY = new Uint8Array(0);
