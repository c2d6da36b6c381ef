import { AppError } from '#platform/errors.ts';
import type { BerReader } from '#protocols/ber/reader.ts';
import type { BerWriter } from '#protocols/ber/writer.ts';
import { decodeOid, encodeOid, isOid } from './oid.ts';
import { SnmpType } from './value.ts';
import type { SnmpVarbind } from './value.ts';

/** A varbind to be sent: as `SnmpVarbind`, and a Counter64 may be a bigint, a string of octets a text (UTF-8). */
export interface OutgoingVarbind {
  readonly oid: string | Uint8Array;
  readonly type: SnmpType;
  readonly value: number | bigint | string | Uint8Array | null;
}

/** RFC 1442's UInteger32 and NsapAddress, long obsolete, still sent by a few agents. */
const UINTEGER32 = 0x47;
const NSAP_ADDRESS = 0x45;
/** Opaque wrapping of numbers (net-snmp's special types): 9f 78 04 float, 9f 79 08 double. */
const OPAQUE_FLOAT = 0x78;
const OPAQUE_DOUBLE = 0x79;

/** Reads one varbind; what is not one makes the reader bad. */
export function readVarbind(reader: BerReader): SnmpVarbind {
  const outer = reader.open(0x30);
  const nameEnd = reader.header(0x06);
  const start = reader.at;
  if (!reader.bad && !isOid(reader.buf, start, nameEnd)) reader.fail();
  if (reader.bad) {
    reader.close(outer);
    return NOTHING;
  }
  const oid = decodeOid(reader.buf, start, nameEnd);
  reader.at = nameEnd;
  const varbind = readValue(reader, oid);
  reader.close(outer);
  return varbind;
}

const NOTHING: SnmpVarbind = { oid: '0.0', type: SnmpType.null, value: null };

function readValue(reader: BerReader, oid: string): SnmpVarbind {
  const tag = reader.peek();
  const end = reader.header(tag);
  if (reader.bad) return NOTHING;
  switch (tag) {
    case SnmpType.integer:
      return { oid, type: tag, value: reader.signed(end) };
    case SnmpType.counter32:
    case SnmpType.gauge32:
    case SnmpType.timeTicks:
    case SnmpType.counter64:
      return { oid, type: tag, value: reader.unsigned(end) };
    case UINTEGER32:
      return { oid, type: SnmpType.gauge32, value: reader.unsigned(end) };
    case SnmpType.octetString:
    case SnmpType.ipAddress:
      return { oid, type: tag, value: takeBuffer(reader, end) };
    case NSAP_ADDRESS:
      return { oid, type: SnmpType.octetString, value: takeBuffer(reader, end) };
    case SnmpType.opaque: {
      const octets = takeBuffer(reader, end);
      return { oid, type: tag, value: opaqueNumber(octets) ?? octets };
    }
    case SnmpType.oid: {
      const start = reader.at;
      if (!isOid(reader.buf, start, end)) reader.fail();
      else reader.at = end;
      return { oid, type: tag, value: reader.bad ? null : decodeOid(reader.buf, start, end) };
    }
    case SnmpType.null:
    case SnmpType.noSuchObject:
    case SnmpType.noSuchInstance:
    case SnmpType.endOfMibView:
      if (end !== reader.at) reader.fail();
      return { oid, type: tag, value: null };
    default:
      // A type that SNMP does not have says nothing about the other varbinds; a structure would.
      if ((tag & 0x20) !== 0) reader.fail();
      else reader.at = end;
      return { oid, type: SnmpType.null, value: null };
  }
}

function takeBuffer(reader: BerReader, end: number): Buffer {
  const octets = Buffer.from(reader.buf.subarray(reader.at, end));
  reader.at = end;
  return octets;
}

/** The number that an Opaque wraps, or null. */
export function opaqueNumber(octets: Uint8Array): number | null {
  if (octets[0] !== 0x9f) return null;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  if (octets[1] === OPAQUE_FLOAT && octets[2] === 4 && octets.length === 7) return view.getFloat32(3);
  if (octets[1] === OPAQUE_DOUBLE && octets[2] === 8 && octets.length === 11) return view.getFloat64(3);
  return null;
}

/** Writes one varbind. Throws `validation_failed` when the value does not fit its type. */
export function writeVarbind(writer: BerWriter, varbind: OutgoingVarbind): void {
  const mark = writer.length;
  writeValue(writer, varbind);
  writer.octets(typeof varbind.oid === 'string' ? encodeOid(varbind.oid) : varbind.oid, 0x06);
  writer.wrap(0x30, mark);
}

function writeValue(writer: BerWriter, varbind: OutgoingVarbind): void {
  const { type, value } = varbind;
  switch (type) {
    case SnmpType.integer:
      if (!isNumber(value, -0x8000_0000, 0x7fff_ffff)) throw unfit(varbind);
      return writer.signed(value);
    case SnmpType.counter32:
    case SnmpType.gauge32:
    case SnmpType.timeTicks:
      if (!isNumber(value, 0, 0xffff_ffff)) throw unfit(varbind);
      return writer.unsigned(value, type);
    case SnmpType.counter64:
      if (typeof value === 'bigint') {
        if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw unfit(varbind);
      } else if (!isNumber(value, 0, 2 ** 64 - 2048)) throw unfit(varbind);
      return writer.unsigned(value, type);
    case SnmpType.octetString:
    case SnmpType.ipAddress:
      return writer.octets(toOctets(varbind), type);
    case SnmpType.opaque:
      return writer.octets(typeof value === 'number' ? wrapNumber(value) : toOctets(varbind), type);
    case SnmpType.oid:
      if (typeof value !== 'string') throw unfit(varbind);
      return writer.octets(encodeOid(value), type);
    default:
      return writer.empty(type);
  }
}

function isNumber(value: OutgoingVarbind['value'], min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

function toOctets(varbind: OutgoingVarbind): Uint8Array {
  const { value } = varbind;
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (value instanceof Uint8Array) return value;
  throw unfit(varbind);
}

function wrapNumber(value: number): Buffer {
  if (Number.isNaN(value) || Math.fround(value) === value) {
    const octets = Buffer.from([0x9f, OPAQUE_FLOAT, 4, 0, 0, 0, 0]);
    octets.writeFloatBE(value, 3);
    return octets;
  }
  const octets = Buffer.alloc(11);
  octets.set([0x9f, OPAQUE_DOUBLE, 8]);
  octets.writeDoubleBE(value, 3);
  return octets;
}

function unfit({ oid, type, value }: OutgoingVarbind): AppError {
  const name = typeof oid === 'string' ? oid : decodeOid(oid);
  return new AppError(
    'validation_failed',
    `The value of ${name} (${typeof value}) does not fit SNMP type 0x${type.toString(16)}.`,
  );
}
