/**
 * Bits and varints in a byte array that grows. One writer is used for many columns, one after the other: making
 * an object a value, or a column, would cost more than the work itself.
 */
export class BitWriter {
  bytes = new Uint8Array(64 * 1024);
  length = 0;
  #accumulator = 0;
  #free = 8;

  /** Room for `more` bytes. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** A non-negative integer up to 2^53 in groups of seven bits, the lowest first. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.length++] = rest;
  }

  /** A safe integer of up to 2^52 in size: the sign in the lowest bit. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** The lowest `count` bits of a value, at most 24; between `bits` calls only `flush` may come. */
  bits(value: number, count: number): void {
    let left = count;
    while (left > 0) {
      const take = left < this.#free ? left : this.#free;
      this.#accumulator = (this.#accumulator << take) | ((value >>> (left - take)) & ((1 << take) - 1));
      this.#free -= take;
      left -= take;
      if (this.#free === 0) {
        this.bytes[this.length++] = this.#accumulator;
        this.#accumulator = 0;
        this.#free = 8;
      }
    }
  }

  /** Up to 53 bits. */
  wideBits(value: number, count: number): void {
    if (count > 48) this.bits(Math.floor(value / 2 ** 48), count - 48);
    if (count > 24) this.bits(Math.floor(value / 2 ** 24) & 0xffffff, Math.min(24, count - 24));
    this.bits(value % 2 ** 24, Math.min(24, count));
  }

  /** Takes back the bits of a byte that is not full yet: the bits, and how many. */
  takeBits(): [bits: number, count: number] {
    const taken: [number, number] = [this.#accumulator, 8 - this.#free];
    this.#accumulator = 0;
    this.#free = 8;
    return taken;
  }

  /** Fills the last byte with zeros. */
  flush(): void {
    if (this.#free === 8) return;
    this.bytes[this.length++] = this.#accumulator << this.#free;
    this.#accumulator = 0;
    this.#free = 8;
  }
}

/** Reads what a BitWriter wrote. Reading beyond the end gives zeros; the caller knows how much there is. */
export class BitReader {
  readonly bytes: Uint8Array;
  position: number;
  /** Bits read ahead, the next one at the top. */
  #ahead = 0;
  #count = 0;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  /** Goes to a byte, and forgets bits read ahead. */
  restart(position: number): void {
    this.position = position;
    this.#ahead = 0;
    this.#count = 0;
  }

  byte(): number {
    return this.bytes[this.position++] ?? 0;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes[this.position++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  #refill(): void {
    while (this.#count <= 24) {
      this.#ahead |= (this.bytes[this.position++] ?? 0) << (24 - this.#count);
      this.#count += 8;
    }
  }

  /** At most 24 bits. */
  bits(count: number): number {
    if (count === 0) return 0;
    if (this.#count < count) this.#refill();
    const value = this.#ahead >>> (32 - count);
    this.#ahead <<= count;
    this.#count -= count;
    return value;
  }

  /** Up to 53 bits. */
  wideBits(count: number): number {
    if (count <= 24) return this.bits(count);
    const top = count > 48 ? this.bits(count - 48) : 0;
    const middle = this.bits(Math.min(24, count - 24));
    return (top * 2 ** 24 + middle) * 2 ** 24 + this.bits(24);
  }

  /** The number of ones up to `limit` (at most 24); the zero behind them, when there is one, is read too. */
  ones(limit: number): number {
    if (this.#count < 25) this.#refill();
    const count = Math.clz32(~this.#ahead);
    if (count >= limit) {
      this.#ahead <<= limit;
      this.#count -= limit;
      return limit;
    }
    this.#ahead <<= count + 1;
    this.#count -= count + 1;
    return count;
  }
}
