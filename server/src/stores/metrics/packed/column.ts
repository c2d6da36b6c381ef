import type { BitReader, BitWriter } from './bits.ts';
import { decodeRice, encodeRice } from './rice.ts';

/**
 * A column of numbers, in the smallest of a few forms. An empty one is all zeros. Otherwise a tag: the form in the low
 * four bits, a decimal exponent (values are integers divided by 10^e) in the next three, and in the top one whether a
 * bitmap says which values there are (the others are NaN). -0 comes back as 0.
 */
const Form = { missing: 0, constant: 1, constantFloat: 2, delta: 3, level: 4, sparse: 5, xor: 6 } as const;
const HAS_GAPS = 0x80;
const MAX_EXPONENT = 4;
const POWERS = [1, 10, 100, 1_000, 10_000];
/** Differences of integers up to this, and their zigzag form, are exact in a double. */
const MAX_INTEGER = 2 ** 51;

let scratch = new Float64Array(1_024);
let residuals = new Float64Array(1_024);
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** The smallest exponent under which all values are integers, or -1. */
function decimalExponent(values: Float64Array, n: number): number {
  let exponent = 0;
  for (let i = 0; i < n; i++) {
    const value = values[i]!;
    for (;;) {
      const power = POWERS[exponent]!;
      const integer = Math.round(value * power);
      if (integer / power === value && Math.abs(integer) <= MAX_INTEGER) break;
      if (++exponent > MAX_EXPONENT) return -1;
    }
  }
  // An exponent found late must also hold for what came before it.
  const power = POWERS[exponent]!;
  for (let i = 0; i < n; i++) {
    const integer = Math.round(values[i]! * power);
    if (integer / power !== values[i] || Math.abs(integer) > MAX_INTEGER) return -1;
  }
  return exponent;
}

/** Appends `n` of `values`, from `start` on, to `out`. */
export function encodeColumn(values: Float64Array, n: number, out: BitWriter, start = 0): void {
  if (scratch.length < n) {
    scratch = new Float64Array(n * 2);
    residuals = new Float64Array(n * 2);
  }
  let present = 0;
  let constant = true;
  let integers = true;
  for (let i = start; i < start + n; i++) {
    const value = values[i]!;
    if (value !== value) continue;
    if (present > 0 && value !== scratch[0]) constant = false;
    if (value !== Math.floor(value) || value > MAX_INTEGER || value < -MAX_INTEGER) integers = false;
    // -0 becomes 0.
    scratch[present++] = value + 0;
  }
  out.reserve(64 + n * 12);
  if (present === 0) {
    if (n > 0) out.byte(Form.missing);
    return;
  }
  if (present === n && constant && scratch[0] === 0) return;
  const tagAt = out.length;
  out.byte(0);
  let gaps = 0;
  if (present < n) {
    gaps = HAS_GAPS;
    for (let i = 0; i < n; i++) out.bits(values[start + i] === values[start + i] ? 1 : 0, 1);
    out.flush();
  }
  const exponent = integers ? 0 : decimalExponent(scratch, constant ? 1 : present);
  out.bytes[tagAt] = gaps | (Math.max(0, exponent) << 4) | encodePresent(present, constant, exponent, out);
}

/** What is in `scratch`; answers the form. */
function encodePresent(n: number, constant: boolean, exponent: number, out: BitWriter): number {
  if (exponent < 0) {
    if (!constant) return encodeXor(n, out);
    writeFloat(scratch[0]!, out);
    return Form.constantFloat;
  }
  const power = POWERS[exponent]!;
  if (exponent > 0) for (let i = 0; i < n; i++) scratch[i] = Math.round(scratch[i]! * power) + 0;
  const first = scratch[0]!;
  out.zigzag(first);
  if (constant) return Form.constant;

  let zeros = 0;
  let deltaSize = 0;
  let levelSize = 0;
  const deltaCentre = Math.round((scratch[n - 1]! - first) / (n - 1));
  let sum = 0;
  for (let i = 1; i < n; i++) sum += scratch[i]! - first;
  const levelCentre = Math.round(sum / (n - 1));
  for (let i = 1; i < n; i++) {
    const delta = scratch[i]! - scratch[i - 1]!;
    if (delta === 0) zeros++;
    deltaSize += Math.abs(delta - deltaCentre);
    levelSize += Math.abs(scratch[i]! - first - levelCentre);
  }
  if ((n - 1 - zeros) * 3 * 8 < n) return encodeSparse(n, out);
  const byDelta = deltaSize <= levelSize;
  const centre = byDelta ? deltaCentre : levelCentre;
  for (let i = 1; i < n; i++) {
    const residual = scratch[i]! - (byDelta ? scratch[i - 1]! : first) - centre;
    residuals[i] = residual < 0 ? -2 * residual - 1 : 2 * residual;
  }
  out.zigzag(centre);
  encodeRice(residuals, n, out);
  return byDelta ? Form.delta : Form.level;
}

/** Few changes: how many, and for each the distance from the last one and the difference. */
function encodeSparse(n: number, out: BitWriter): number {
  let changes = 0;
  for (let i = 1; i < n; i++) if (scratch[i] !== scratch[i - 1]) changes++;
  out.varint(changes);
  let last = 0;
  for (let i = 1; i < n; i++) {
    if (scratch[i] === scratch[i - 1]) continue;
    out.varint(i - last);
    out.zigzag(scratch[i]! - scratch[i - 1]!);
    last = i;
  }
  return Form.sparse;
}

function writeFloat(value: number, out: BitWriter): void {
  float[0] = value;
  for (let i = 0; i < 2; i++) out.wideBits(words[i]!, 32);
  out.flush();
}

/** Each double as what changed in its bits since the one before: where that begins, how long it is, and the bits. */
function encodeXor(n: number, out: BitWriter): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < n; i++) {
    float[0] = scratch[i]!;
    const changedLow = (words[0]! ^ low) >>> 0;
    const changedHigh = (words[1]! ^ high) >>> 0;
    low = words[0]!;
    high = words[1]!;
    if (changedHigh === 0 && changedLow === 0) {
      out.bits(0, 1);
      continue;
    }
    const leading = changedHigh !== 0 ? Math.clz32(changedHigh) : 32 + Math.clz32(changedLow);
    const trailing =
      changedLow !== 0 ? 31 - Math.clz32(changedLow & -changedLow) : 63 - Math.clz32(changedHigh & -changedHigh);
    const length = 64 - leading - trailing;
    out.bits(1, 1);
    out.bits(leading, 6);
    out.bits(length - 1, 6);
    // The changed bits in two parts: those of the high word first.
    const highBits = Math.max(0, 32 - leading - Math.max(0, trailing - 32));
    if (highBits > 0) out.wideBits((changedHigh >>> Math.max(0, trailing - 32)) % 2 ** highBits, highBits);
    const lowBits = length - highBits;
    if (lowBits > 0) out.wideBits((changedLow >>> trailing) % 2 ** lowBits, lowBits);
  }
  out.flush();
  return Form.xor;
}

/** Reads a column of `n` values that takes `bytes` bytes of `reader` into `into`. */
export function decodeColumn(reader: BitReader, bytes: number, n: number, into: Float64Array): void {
  if (bytes === 0) {
    into.fill(0, 0, n);
    return;
  }
  const tag = reader.byte();
  const form = tag & 0x0f;
  if (form === Form.missing && (tag & HAS_GAPS) === 0) {
    into.fill(Number.NaN, 0, n);
    return;
  }
  const power = POWERS[(tag >> 4) & 7] ?? 1;
  if ((tag & HAS_GAPS) === 0) {
    decodePresent(reader, form, power, n, into);
    return;
  }
  const bitmapAt = reader.position;
  let present = 0;
  for (let i = 0; i < n; i++) present += (reader.bytes[bitmapAt + (i >> 3)]! >> (7 - (i & 7))) & 1;
  reader.position += Math.ceil(n / 8);
  decodePresent(reader, form, power, present, into);
  // From the back, so that nothing is overwritten before it has moved.
  let from = present - 1;
  for (let i = n - 1; i >= 0; i--) {
    const there = (reader.bytes[bitmapAt + (i >> 3)]! >> (7 - (i & 7))) & 1;
    into[i] = there === 1 ? into[from--]! : Number.NaN;
  }
}

function decodePresent(reader: BitReader, form: number, power: number, n: number, into: Float64Array): void {
  if (form === Form.xor) return decodeXor(reader, n, into);
  if (form === Form.constantFloat) {
    for (let i = 0; i < 2; i++) words[i] = reader.wideBits(32);
    into.fill(float[0]!, 0, n);
    return;
  }
  const first = reader.zigzag();
  if (form === Form.constant) {
    into.fill(first / power, 0, n);
    return;
  }
  into[0] = first;
  if (form === Form.sparse) {
    into.fill(first, 0, n);
    let at = 0;
    let value = first;
    for (let changes = reader.varint(); changes > 0; changes--) {
      at += reader.varint();
      value += reader.zigzag();
      into.fill(value, at, n);
    }
  } else {
    decodeRice(reader, form === Form.delta, n, into);
  }
  if (power !== 1) for (let i = 0; i < n; i++) into[i]! /= power;
}

function decodeXor(reader: BitReader, n: number, into: Float64Array): void {
  let high = 0;
  let low = 0;
  for (let i = 0; i < n; i++) {
    if (reader.bits(1) === 1) {
      const leading = reader.bits(6);
      const length = reader.bits(6) + 1;
      const trailing = 64 - leading - length;
      const highBits = Math.max(0, 32 - leading - Math.max(0, trailing - 32));
      if (highBits > 0) high = (high ^ (reader.wideBits(highBits) << Math.max(0, trailing - 32))) >>> 0;
      const lowBits = length - highBits;
      if (lowBits > 0) low = (low ^ (reader.wideBits(lowBits) << trailing)) >>> 0;
    }
    words[0] = low;
    words[1] = high;
    into[i] = float[0]!;
  }
}
