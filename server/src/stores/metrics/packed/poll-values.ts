/**
 * The values of one poll as a row of the head holds them. Most are whole numbers from 0 to 2^53: they lie in `whole`, as
 * how many values there are (4 bytes), a nibble each (low nibble first), and the bytes the nibbles tell (little-endian).
 * What is no such number (fractions, negative values) lies in the row's float8[], in its order.
 * The database decodes the same in `metric_values(bytea, float8[])`.
 */

/** Nibbles up to this one are the number of bytes of a whole number; 0 has none. */
const MAX_BYTES = 7;
const NIBBLE_FLOAT = 8;
const NIBBLE_NONE = 9;
const COUNT_BYTES = 4;
const TWO_32 = 2 ** 32;

/** Where the first double of a float8[] in binary form lies, and how far apart they are. */
const FIRST_FLOAT = 24;
const FLOAT_STRIDE = 12;

/** More bytes than values take in `whole`. */
export const wholeBytesAtMost = (values: number) => COUNT_BYTES + ((values + 1) >> 1) + values * MAX_BYTES;

/** How many bytes a whole number takes; more than seven for what is none, or negative, or above 2^53. */
function bytesOf(value: number): number {
  if (value >>> 0 === value) {
    if (value < 0x1_00_00) return value < 0x1_00 ? (value === 0 ? 0 : 1) : 2;
    return value < 0x1_00_00_00 ? 3 : 4;
  }
  if (value > 0 && value <= Number.MAX_SAFE_INTEGER && Number.isInteger(value)) {
    return value < 2 ** 40 ? 5 : value < 2 ** 48 ? 6 : 7;
  }
  return Number.isNaN(value) ? NIBBLE_NONE : NIBBLE_FLOAT;
}

/** Writes values at an offset; those that do not belong there into `floats`. Answers where it ended. */
export function writeWhole(into: Uint8Array, offset: number, values: ArrayLike<number>, floats: number[]): number {
  const n = values.length;
  into[offset] = n >>> 24;
  into[offset + 1] = n >>> 16;
  into[offset + 2] = n >>> 8;
  into[offset + 3] = n;
  const nibbles = offset + COUNT_BYTES;
  let o = nibbles + ((n + 1) >> 1);
  for (let i = 0; i < n; i++) {
    const value = values[i]!;
    const nibble = bytesOf(value);
    const at = nibbles + (i >> 1);
    if ((i & 1) === 0) into[at] = nibble;
    else into[at]! |= nibble << 4;
    if (nibble === NIBBLE_FLOAT) floats.push(value);
    if (nibble > MAX_BYTES) continue;
    let rest = value >>> 0;
    for (let b = Math.min(nibble, 4); b > 0; b--, rest >>>= 8) into[o++] = rest;
    if (nibble <= 4) continue;
    rest = Math.floor(value / TWO_32);
    for (let b = nibble - 4; b > 0; b--, rest >>>= 8) into[o++] = rest;
  }
  return o;
}

/** How many values a row has. */
export function countOf(whole: Uint8Array, floats: Uint8Array): number {
  if (whole.length > 0) return ((whole[0]! << 24) | (whole[1]! << 16) | (whole[2]! << 8) | whole[3]!) >>> 0;
  return floats.length < FIRST_FLOAT ? 0 : Math.floor((floats.length - FIRST_FLOAT + 4) / FLOAT_STRIDE);
}

/**
 * Values `from` to before `to` of a row into `into`: the value at position p goes to `(p - from) * stride + offset`; NaN
 * where there is none. `floats` is the row's float8[] in binary form; rows from before there was `whole` have all of
 * their values in it, and no byte in `whole`.
 */
export function readValues(
  whole: Uint8Array,
  floats: Buffer,
  { from, to }: { readonly from: number; readonly to: number },
  into: Float64Array,
  offset: number,
  stride: number,
): void {
  const n = countOf(whole, floats);
  let place = offset;
  if (whole.length === 0) {
    for (let p = from; p < to; p++, place += stride) {
      into[place] = p < n ? floats.readDoubleBE(FIRST_FLOAT + p * FLOAT_STRIDE) : Number.NaN;
    }
    return;
  }
  let o = COUNT_BYTES + ((n + 1) >> 1);
  let float = FIRST_FLOAT;
  const end = Math.min(to, n);
  for (let p = 0; p < end; p++) {
    const pair = whole[COUNT_BYTES + (p >> 1)]!;
    const nibble = (p & 1) === 0 ? pair & 15 : pair >> 4;
    if (p >= from) {
      if (nibble <= MAX_BYTES) into[place] = wholeAt(whole, o, nibble);
      else into[place] = nibble === NIBBLE_FLOAT ? floats.readDoubleBE(float) : Number.NaN;
      place += stride;
    }
    if (nibble <= MAX_BYTES) o += nibble;
    else if (nibble === NIBBLE_FLOAT) float += FLOAT_STRIDE;
  }
  for (let p = Math.max(end, from); p < to; p++, place += stride) into[place] = Number.NaN;
}

function wholeAt(bytes: Uint8Array, o: number, length: number): number {
  switch (length) {
    case 0:
      return 0;
    case 1:
      return bytes[o]!;
    case 2:
      return bytes[o]! | (bytes[o + 1]! << 8);
    case 3:
      return bytes[o]! | (bytes[o + 1]! << 8) | (bytes[o + 2]! << 16);
    default: {
      const low = (bytes[o]! | (bytes[o + 1]! << 8) | (bytes[o + 2]! << 16) | (bytes[o + 3]! << 24)) >>> 0;
      if (length === 4) return low;
      let high = bytes[o + 4]!;
      if (length > 5) high |= bytes[o + 5]! << 8;
      if (length > 6) high |= bytes[o + 6]! << 16;
      return high * TWO_32 + low;
    }
  }
}
