import { BerReader } from '#protocols/ber/reader.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import { opaqueNumber } from '#protocols/snmp/varbind.ts';
import type { OpenedPdu } from '#collectors/snmp/client/security.ts';
import type { DropReason } from '#collectors/snmp/transport/transport.ts';
import type { PollRequest, Program } from './program.ts';

/** Takes the answers of one poll into its values, one at a time. Reused by all devices: decoding never waits. */
export interface PollDecoder {
  values: Float64Array;
  watched: Float64Array;
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
    values: new Float64Array(program.layout.series.length).fill(Number.NaN),
    watched: new Float64Array(watched).fill(Number.NaN),
    errorStatus: 0,
    errorIndex: 0,
    missing: 0,
    valueOctets: 0,
  };
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
  let asked = request.listAt;
  const listAt = reader.at;
  let at = listAt;
  let missing = 0;
  for (let i = 0; i < slots.length; i += 1) {
    // The varbind's header, then its name, which must be that of the request octet by octet.
    reader.at = at;
    const varbindEnd = reader.header(0x30);
    const nameEnd = reader.header(0x06);
    if (reader.bad || varbindEnd > end) return at >= end ? 'content' : 'malformed';
    at = reader.at;
    asked += (octets[asked + 1] ?? 0) < 0x80 ? 3 : 4;
    let length = octets[asked] ?? 0;
    if (length >= 0x80) {
      asked += 1;
      length = octets[asked] ?? 0;
    }
    asked += 1;
    if (nameEnd - at !== length) return 'content';
    for (let k = 0; k < length; k += 1) if (buf[at + k] !== octets[asked + k]) return 'content';
    asked += length + 2;
    reader.at = nameEnd;
    const tag = reader.peek();
    const valueEnd = reader.header(tag);
    if (reader.bad || valueEnd !== varbindEnd) return 'malformed';
    const slot = slots[i] ?? 0;
    let value: number;
    if (tag === SnmpType.integer) value = reader.signed(valueEnd);
    else if ((tag >= SnmpType.counter32 && tag <= SnmpType.timeTicks) || tag === SnmpType.counter64) {
      value = reader.unsigned(valueEnd);
    } else if (tag === UINTEGER32) value = reader.unsigned(valueEnd);
    else if (tag === SnmpType.opaque) value = opaqueNumber(buf.subarray(reader.at, valueEnd)) ?? Number.NaN;
    else if (tag === SnmpType.octetString) {
      value = texts && slot >= 0 && texts[slot] === 1 ? parseText(buf.subarray(reader.at, valueEnd)) : Number.NaN;
    } else {
      value = Number.NaN;
      if (tag >= SnmpType.noSuchObject && tag <= SnmpType.endOfMibView) missing += 1;
    }
    if (reader.bad) return 'malformed';
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

/** The number that a text begins with: "23.5 C", "-4,2 dBm"; NaN when it holds none. Infinities count as none. */
function parseText(octets: Uint8Array): number {
  const text = utf8.decode(octets.subarray(0, 64));
  const found = /^[^0-9+.-]{0,3}([+-]?(?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][+-]?\d+)?)/.exec(text);
  const value = found?.[1] === undefined ? Number.NaN : Number(found[1].replace(',', '.'));
  return Number.isFinite(value) ? value : Number.NaN;
}
