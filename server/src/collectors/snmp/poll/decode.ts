import { signedAt, unsignedAt } from '#protocols/ber/number.ts';
import { BerReader } from '#protocols/ber/reader.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import { opaqueNumber } from '#protocols/snmp/varbind.ts';
import type { OpenedPdu } from '#collectors/snmp/client/security.ts';
import type { DropReason } from '#collectors/snmp/transport/transport.ts';
import type { PollRequest, Program } from './program.ts';

/** Takes the answers of one poll into its values, one at a time. Reused by all devices: decoding never waits. */
export interface PollDecoder {
  values: number[];
  watched: number[];
  /** error-status and error-index of the last answer. */
  errorStatus: number;
  errorIndex: number;
  /** Instances that the device did not have. */
  missing: number;
  /** Octets that a value took beyond the NULL in its place, on the average of the answer where that was most. */
  valueOctets: number;
}

/** A decoder for a program whose watched OIDs are that many. */
export function createDecoder(program: Program, watched: number): PollDecoder {
  return {
    values: roomFor(program.layout.series.length),
    watched: roomFor(watched),
    errorStatus: 0,
    errorIndex: 0,
    missing: 0,
    valueOctets: 0,
  };
}

let blank: number[] = [];

/** That many NaN, in an array of V8's own heap that dies young: typed arrays lie outside, where each costs more than its values. */
function roomFor(count: number): number[] {
  if (count > blank.length) blank = Array.from({ length: count }, () => Number.NaN);
  return blank.slice(0, count);
}

const utf8 = new TextDecoder();
const UINTEGER32 = 0x47;
const reader = new BerReader(new Uint8Array(0));

/**
 * Decodes an answer straight into values: names are compared as octets with those of the request, and no object is
 * made per varbind. Null when it was taken; then `errorStatus` says whether the device refused.
 */
export function decodeAnswer(
  { buf, start, end }: OpenedPdu,
  request: PollRequest,
  program: Program,
  into: PollDecoder,
): DropReason | null {
  reader.load(buf, start, end);
  into.errorStatus = reader.int32();
  into.errorIndex = reader.int32();
  const listEnd = reader.header(0x30);
  if (reader.bad || listEnd !== end) return 'malformed';
  if (into.errorStatus !== 0) return null;
  const { octets, slots } = request;
  const { scales, texts } = program;
  const { values, watched } = into;
  const askedWords = request.words;
  if (wordsOf !== buf) {
    wordsOf = buf;
    words = new DataView(buf.buffer);
  }
  const base = buf.byteOffset;
  let asked = request.listAt;
  const listAt = reader.at;
  let at = listAt;
  let missing = 0;
  for (let i = 0; i < slots.length; i += 1) {
    // 30 length 06 length name: equal to what was asked but for the first length, and mostly each in one octet.
    const header = end - at >= 4 ? words.getInt32(base + at, true) : 0;
    const isUsual = ((header ^ askedWords.getInt32(asked, true)) & ALL_BUT_LENGTH) === 0 && (header & LONG) === 0;
    let nameOctets = header >>> 24;
    let varbindEnd = at + 2 + ((header >>> 8) & 0xff);
    if (isUsual) {
      at += 4;
      asked += 4;
    } else {
      asked += (octets[asked + 1] ?? 0) < 0x80 ? 3 : 4;
      nameOctets = octets[asked] ?? 0;
      if (nameOctets >= 0x80) {
        asked += 1;
        nameOctets = octets[asked] ?? 0;
      }
      asked += 1;
      if (at >= end) return 'content';
      reader.at = at;
      varbindEnd = reader.header(0x30);
      const nameEnd = reader.header(0x06);
      if (reader.bad) return 'malformed';
      if (nameEnd - reader.at !== nameOctets) return 'content';
      at = reader.at;
    }
    if (varbindEnd > end || at + nameOctets + 2 > varbindEnd) return 'malformed';
    if (!sameOctets(words, base + at, askedWords, asked, nameOctets)) return 'content';
    at += nameOctets;
    asked += nameOctets + 2;
    const tag = buf[at] ?? 0;
    const valueOctets = buf[at + 1] ?? 0;
    let valueAt = at + 2;
    if (valueOctets >= 0x80 || valueAt + valueOctets !== varbindEnd) {
      reader.at = at;
      if (reader.header(tag) !== varbindEnd) return 'malformed';
      valueAt = reader.at;
    }
    const slot = slots[i] ?? 0;
    let value = Number.NaN;
    if (isUnsigned(tag)) {
      const isShort = valueOctets <= 8 && valueOctets > 0;
      value = isShort ? unsignedBefore(words, base + varbindEnd, valueOctets) : unsignedAt(buf, valueAt, varbindEnd);
    } else if (tag === SnmpType.integer) value = signedAt(buf, valueAt, varbindEnd);
    else if (tag === SnmpType.opaque) value = opaqueNumber(buf.subarray(valueAt, varbindEnd)) ?? Number.NaN;
    else if (tag === SnmpType.octetString) {
      if (texts && slot >= 0 && texts[slot] === 1) value = parseText(buf.subarray(valueAt, varbindEnd));
    } else if (tag >= SnmpType.noSuchObject && tag <= SnmpType.endOfMibView) missing += 1;
    if (value !== value && (tag === SnmpType.integer || isUnsigned(tag))) return 'malformed';
    if (slot < 0) watched[-1 - slot] = value;
    else values[slot] = scales ? value * (scales[slot] ?? 1) : value;
    at = varbindEnd;
  }
  if (at !== end) return 'content';
  into.missing += missing;
  const grown = end - listAt - (octets.length - request.listAt);
  into.valueOctets = Math.max(into.valueOctets, grown / slots.length);
  return null;
}

/** Of the first four octets of a varbind, read as one number: all but the varbind's length, and the bit of its long form. */
const ALL_BUT_LENGTH = ~0xff00;
const LONG = 0x8000;

/** The memory that the last answer came in, to be read by words. */
let wordsOf: Uint8Array | null = null;
let words: DataView = new DataView(new ArrayBuffer(0));

/** True when two names are equal, octet by octet; four at a time, as most of the work of a poll is here. */
function sameOctets(a: DataView, aAt: number, b: DataView, bAt: number, length: number): boolean {
  const last = length - 4;
  for (let k = 0; k < last; k += 4) if (a.getInt32(aAt + k, true) !== b.getInt32(bAt + k, true)) return false;
  if (last >= 0) return a.getInt32(aAt + last, true) === b.getInt32(bAt + last, true);
  for (let k = 0; k < length; k += 1) if (a.getUint8(aAt + k) !== b.getUint8(bAt + k)) return false;
  return true;
}

/** The number without sign of 1 to 8 octets before `end`. The 8 octets there are read: no varbind is shorter. */
function unsignedBefore(octets: DataView, end: number, length: number): number {
  const low = octets.getUint32(end - 4);
  if (length === 4) return low;
  if (length < 4) return low & ((1 << (8 * length)) - 1);
  const high = octets.getUint32(end - 8);
  return (length === 8 ? high : high & ((1 << (8 * (length - 4))) - 1)) * 0x1_0000_0000 + low;
}

/** True for the types whose content is a number without sign. */
function isUnsigned(tag: number): boolean {
  return (tag >= SnmpType.counter32 && tag <= SnmpType.timeTicks) || tag === SnmpType.counter64 || tag === UINTEGER32;
}

/** The number that a text begins with: "23.5 C", "-4,2 dBm"; NaN when it holds none. Infinities count as none. */
function parseText(octets: Uint8Array): number {
  const text = utf8.decode(octets.subarray(0, 64));
  const found = /^[^0-9+.-]{0,3}([+-]?(?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][+-]?\d+)?)/.exec(text);
  const value = found?.[1] === undefined ? Number.NaN : Number(found[1].replace(',', '.'));
  return Number.isFinite(value) ? value : Number.NaN;
}
