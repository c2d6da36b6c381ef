import { AppError } from '#platform/errors.ts';

/** RFC 2578 section 3.5: at most 128 sub-identifiers of at most 2^32 - 1. */
const MAX_ARCS = 128;
const MAX_ARC = 0xffff_ffff;
const DOT = 46;

/**
 * Called apart from their strings: a device that is read as a whole gives a thousand OIDs, as texts of many kinds (of a packet, a part of
 * another, the key of a map), and then `text.charCodeAt` is looked up anew for every character.
 */
const { charCodeAt, startsWith } = String.prototype;

function invalid(dotted: string): AppError {
  return new AppError(
    'validation_failed',
    `"${dotted.slice(0, 80)}" is no object identifier such as 1.3.6.1.2.1.1.3.0.`,
  );
}

/** The arcs of a dotted OID, with or without a leading dot. Throws `validation_failed`. */
export function parseOid(dotted: string): number[] {
  const text = dotted.startsWith('.') ? dotted.slice(1) : dotted;
  if (!/^\d{1,10}(\.\d{1,10})*$/.test(text)) throw invalid(dotted);
  const arcs = text.split('.').map(Number);
  if (arcs.length > MAX_ARCS || arcs.some((arc) => arc > MAX_ARC)) throw invalid(dotted);
  return arcs;
}

/** The longest content: the first two arcs are one sub-identifier, each takes five octets at most. */
const scratch = new Uint8Array(MAX_ARCS * 5);

/** The content octets of a dotted OID, without tag and length. Throws `validation_failed`. */
export function encodeOid(dotted: string): Buffer {
  let length = 0;
  let arcs = 0;
  let arc = 0;
  let digits = 0;
  let root = 0;
  const end = dotted.length;
  // One pass without intermediate arrays: devices that are read as a whole are asked for a thousand names each.
  for (let at = charCodeAt.call(dotted, 0) === DOT ? 1 : 0; at <= end; at++) {
    const code = at === end ? DOT : charCodeAt.call(dotted, at);
    if (code !== DOT) {
      if (code < 48 || code > 57 || digits === 10) throw invalid(dotted);
      arc = arc * 10 + code - 48;
      digits++;
      continue;
    }
    if (digits === 0 || arc > MAX_ARC || arcs === MAX_ARCS) throw invalid(dotted);
    if (arcs === 0) root = arc;
    else {
      if (arcs === 1) {
        if (root > 2 || (root < 2 && arc > 39) || root * 40 + arc > MAX_ARC) throw invalid(dotted);
        arc += root * 40;
      }
      if (arc >= 0x1000_0000) scratch[length++] = 0x80 | (arc >>> 28);
      if (arc >= 0x20_0000) scratch[length++] = 0x80 | ((arc >>> 21) & 0x7f);
      if (arc >= 0x4000) scratch[length++] = 0x80 | ((arc >>> 14) & 0x7f);
      if (arc >= 0x80) scratch[length++] = 0x80 | ((arc >>> 7) & 0x7f);
      scratch[length++] = arc & 0x7f;
    }
    arcs++;
    arc = 0;
    digits = 0;
  }
  // A lone root counts as followed by nothing.
  if (arcs === 1) {
    if (root > 2) throw invalid(dotted);
    scratch[length++] = root * 40;
  }
  return Buffer.from(scratch.subarray(0, length));
}

/** The content octets of the part of an OID that hangs below another: "3" or "4.10.0.0.1". Throws `validation_failed`. */
export function encodeIndex(dotted: string): Buffer {
  const octets: number[] = [];
  for (const arc of parseOid(dotted)) pushArc(octets, arc);
  return Buffer.from(octets);
}

function pushArc(octets: number[], arc: number): void {
  if (arc >= 0x1000_0000) octets.push(0x80 | (arc >>> 28));
  if (arc >= 0x20_0000) octets.push(0x80 | ((arc >>> 21) & 0x7f));
  if (arc >= 0x4000) octets.push(0x80 | ((arc >>> 14) & 0x7f));
  if (arc >= 0x80) octets.push(0x80 | ((arc >>> 7) & 0x7f));
  octets.push(arc & 0x7f);
}

/**
 * True when the octets are an OID: every sub-identifier complete, without leading zeros, at most 32 bits, at most 128
 * of them. No octets at all count as one: agents send that for "none", and it reads as 0.0.
 */
export function isOid(octets: Uint8Array, start = 0, end: number = octets.length): boolean {
  let arcs = 1;
  let value = 0;
  let first = true;
  for (let at = start; at < end; at += 1) {
    const octet = octets[at] ?? 0;
    if (first && octet === 0x80) return false;
    value = value * 128 + (octet & 0x7f);
    first = octet < 0x80;
    if (first) {
      arcs += 1;
      if (value > MAX_ARC) return false;
      value = 0;
    } else if (value > MAX_ARC) return false;
  }
  return first ? arcs <= MAX_ARCS : end === start;
}

/** Room for the dotted form: every arc with its dot. */
const text = Buffer.alloc(MAX_ARCS * 11 + 2);

/** Writes a number in decimal at `at` and answers where it ends. */
function writeDecimal(value: number, at: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits += 1;
  let rest = value;
  for (let place = at + digits - 1; place >= at; place -= 1) {
    const tens = Math.floor(rest / 10);
    text[place] = 48 + rest - tens * 10;
    rest = tens;
  }
  return at + digits;
}

/** The dotted form of content octets for which `isOid` holds. */
export function decodeOid(octets: Uint8Array, start = 0, end: number = octets.length): string {
  if (end <= start) return '0.0';
  let length = 0;
  let value = 0;
  // Written as octets and made one string at the end: pieces put together would be most of what a walk leaves behind.
  for (let at = start; at < end; at += 1) {
    const octet = octets[at] ?? 0;
    value = value * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    if (length === 0) {
      const root = value < 80 ? Math.floor(value / 40) : 2;
      length = writeDecimal(root, 0);
      value -= root * 40;
    }
    text[length] = DOT;
    length = writeDecimal(value, length + 1);
    value = 0;
  }
  return text.toString('latin1', 0, length);
}

/** The dotted form of octets that hang below an OID: its index. */
export function decodeIndex(octets: Uint8Array, start = 0, end: number = octets.length): string {
  let text = '';
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const octet = octets[at] ?? 0;
    value = value * 128 + (octet & 0x7f);
    if (octet < 0x80) {
      text += text === '' ? value : `.${value}`;
      value = 0;
    }
  }
  return text;
}

/**
 * Orders the content octets of two OIDs as SNMP does, arc by arc: negative, zero or positive. Octets alone do not
 * order: 16384 (81 80 00) comes after 16383 (ff 7f).
 */
export function compareOctets(
  a: Uint8Array,
  b: Uint8Array,
  aStart = 0,
  aEnd: number = a.length,
  bStart = 0,
  bEnd: number = b.length,
): number {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const shorter = Math.min(aLength, bLength);
  let differs = 0;
  while (differs < shorter && a[aStart + differs] === b[bStart + differs]) differs += 1;
  if (differs === shorter) return aLength - bLength;
  const aRest = arcRest(a, aStart + differs, aEnd);
  const bRest = arcRest(b, bStart + differs, bEnd);
  if (aRest !== bRest) return aRest - bRest;
  return (a[aStart + differs] ?? 0) - (b[bStart + differs] ?? 0);
}

/** Octets that the sub-identifier around `at` still has from there on. */
function arcRest(octets: Uint8Array, at: number, end: number): number {
  let last = at;
  while (last < end && (octets[last] ?? 0) >= 0x80) last += 1;
  return last - at;
}

/** Orders two dotted OIDs as SNMP does, arc by arc; arcs without leading zeros. */
export function compareOids(a: string, b: string): number {
  const aEnd = a.length;
  const bEnd = b.length;
  const shorter = Math.min(aEnd, bEnd);
  let at = 0;
  while (at < shorter && charCodeAt.call(a, at) === charCodeAt.call(b, at)) at++;
  if (at === shorter) return aEnd - bEnd;
  // What the two arcs have in common lies before: the one with more digits to come is the greater one.
  const aDigits = digitsFrom(a, at, aEnd);
  const bDigits = digitsFrom(b, at, bEnd);
  return aDigits === bDigits ? charCodeAt.call(a, at) - charCodeAt.call(b, at) : aDigits - bDigits;
}

/** How many digits the arc around `at` has from there on. */
function digitsFrom(dotted: string, at: number, end: number): number {
  let last = at;
  while (last < end && charCodeAt.call(dotted, last) !== DOT) last++;
  return last - at;
}

/** True when `oid` lies below `root` (and is not `root` itself); both dotted without a leading dot. */
export function isBelow(oid: string, root: string): boolean {
  const at = root.length;
  return oid.length > at && charCodeAt.call(oid, at) === DOT && startsWith.call(oid, root);
}
