import type { BitReader, BitWriter } from './bits.ts';

/** A quotient in unary may have so many ones; beyond, the number follows in full. */
const MAX_ONES = 20;
const WIDTH_BITS = 6;
/** Up to so many bits, and those of a byte that is not full, fit in a register. */
const SHORT_BITS = 24;
/** In the place of Rice's parameter: every value lies on the line. */
const ON_THE_LINE = 63;

/** Golomb-Rice: numbers around a mean, within half a bit of the best that is possible when they fall off evenly. */
export function encodeRice(residuals: Float64Array, n: number, out: BitWriter): void {
  let mean = 0;
  for (let i = 1; i < n; i++) mean += residuals[i]!;
  if (mean === 0) {
    out.byte(ON_THE_LINE);
    return;
  }
  mean /= n - 1;
  const k = Math.min(52, Math.max(0, Math.floor(Math.log2(mean * Math.LN2 + 1e-9) + 0.5)));
  out.byte(k);
  if (k <= SHORT_BITS) encodeShortRice(residuals, n, k, out);
  else encodeWideRice(residuals, n, k, out);
}

/** The quotient in unary and the rest in `k` bits, through a handful of bits in a register: most of what there is to pack. */
function encodeShortRice(residuals: Float64Array, n: number, k: number, out: BitWriter): void {
  const { bytes } = out;
  let length = out.length;
  let ahead = 0;
  let count = 0;
  for (let i = 1; i < n; i++) {
    const value = residuals[i]!;
    const quotient = value < 2 ** 31 ? value >>> k : MAX_ONES;
    if (quotient >= MAX_ONES) {
      // What is left of a byte goes on from where it is.
      out.length = length;
      out.bits(ahead & ((1 << count) - 1), count);
      writeRice(value, k, out);
      length = out.length;
      [ahead, count] = out.takeBits();
      continue;
    }
    ahead = (ahead << (quotient + 1)) | ((2 << quotient) - 2);
    count += quotient + 1;
    while (count >= 8) {
      count -= 8;
      bytes[length++] = ahead >>> count;
    }
    ahead = (ahead << k) | (value & ((1 << k) - 1));
    count += k;
    while (count >= 8) {
      count -= 8;
      bytes[length++] = ahead >>> count;
    }
  }
  out.length = length;
  out.bits(ahead & ((1 << count) - 1), count);
  out.flush();
}

function encodeWideRice(residuals: Float64Array, n: number, k: number, out: BitWriter): void {
  for (let i = 1; i < n; i++) writeRice(residuals[i]!, k, out);
  out.flush();
}

function writeRice(value: number, k: number, out: BitWriter): void {
  const divisor = 2 ** k;
  const quotient = Math.floor(value / divisor);
  if (quotient >= MAX_ONES) {
    const width = Math.floor(Math.log2(value)) + 2;
    out.bits(2 ** MAX_ONES - 1, MAX_ONES);
    out.bits(Math.min(54, width), WIDTH_BITS);
    out.wideBits(value, Math.min(54, width));
    return;
  }
  out.bits(2 ** (quotient + 1) - 2, quotient + 1);
  if (k > 0) out.wideBits(value - quotient * divisor, k);
}

/** Reads what lies around a line, or around the first of `into`, which is there. */
export function decodeRice(reader: BitReader, byDelta: boolean, n: number, into: Float64Array): void {
  const centre = reader.zigzag();
  const k = reader.byte();
  const divisor = 2 ** k;
  let base = into[0]! + centre;
  if (k === ON_THE_LINE) {
    for (let i = 1; i < n; i++) {
      into[i] = base;
      if (byDelta) base += centre;
    }
    return;
  }
  for (let i = 1; i < n; i++) {
    const quotient = reader.ones(MAX_ONES);
    const value =
      quotient === MAX_ONES
        ? reader.wideBits(reader.bits(WIDTH_BITS))
        : quotient * divisor + (k <= 24 ? reader.bits(k) : reader.wideBits(k));
    const half = Math.floor(value / 2);
    const current = base + (value === half * 2 ? half : -half - 1);
    into[i] = current;
    if (byDelta) base = current + centre;
  }
}
