import type { BerReader } from '#protocols/ber/reader.ts';
import type { BerWriter } from '#protocols/ber/writer.ts';
import { decodeOid, encodeOid, isOid } from './oid.ts';
import { readVarbind, writeVarbind } from './varbind.ts';
import type { OutgoingVarbind } from './varbind.ts';
import type { SnmpVarbind } from './value.ts';

/** Tags of the protocol data units (RFC 3416 section 3; `trapV1` RFC 1157). */
export const PduType = {
  get: 0xa0,
  getNext: 0xa1,
  response: 0xa2,
  set: 0xa3,
  trapV1: 0xa4,
  getBulk: 0xa5,
  inform: 0xa6,
  trapV2: 0xa7,
  report: 0xa8,
} as const;
export type PduType = (typeof PduType)[keyof typeof PduType];

/** Values of error-status (RFC 3416 section 3). */
export const ErrorStatus = {
  noError: 0,
  tooBig: 1,
  noSuchName: 2,
  badValue: 3,
  readOnly: 4,
  genErr: 5,
  noAccess: 6,
  wrongType: 7,
  wrongLength: 8,
  wrongEncoding: 9,
  wrongValue: 10,
  noCreation: 11,
  inconsistentValue: 12,
  resourceUnavailable: 13,
  commitFailed: 14,
  undoFailed: 15,
  authorizationError: 16,
  notWritable: 17,
  inconsistentName: 18,
} as const;

interface PduHead {
  readonly type: Exclude<PduType, typeof PduType.trapV1>;
  readonly requestId: number;
  /** Of a GetBulk: non-repeaters. */
  readonly errorStatus: number;
  /** Of a GetBulk: max-repetitions. */
  readonly errorIndex: number;
}

interface TrapV1Head {
  readonly type: typeof PduType.trapV1;
  /** Dotted. */
  readonly enterprise: string;
  /** Four octets. */
  readonly agentAddress: Uint8Array;
  readonly genericTrap: number;
  readonly specificTrap: number;
  /** Hundredths of a second since the agent started. */
  readonly timestamp: number;
}

/** Any PDU but the v1 trap, as it was received. */
export type Pdu = PduHead & { readonly varbinds: readonly SnmpVarbind[] };
/** A v1 trap as it was received. */
export type TrapV1 = TrapV1Head & { readonly varbinds: readonly SnmpVarbind[] };
/** A PDU to be sent. */
export type OutgoingPdu = (PduHead | TrapV1Head) & { readonly varbinds: readonly OutgoingVarbind[] };

/** Reads a PDU of any type; what is not one makes the reader bad. */
export function readPdu(reader: BerReader): Pdu | TrapV1 {
  const tag = reader.peek();
  const type = asPduType(tag);
  if (type === undefined) reader.fail();
  const outer = reader.open(tag);
  const pdu = type === PduType.trapV1 ? readTrapV1(reader) : readPlain(reader, type ?? PduType.report);
  reader.close(outer);
  return pdu;
}

function asPduType(tag: number): PduType | undefined {
  return Object.values(PduType).find((type) => type === tag);
}

function readPlain(reader: BerReader, type: PduHead['type']): Pdu {
  const requestId = reader.int32();
  const errorStatus = reader.int32();
  const errorIndex = reader.int32();
  return { type, requestId, errorStatus, errorIndex, varbinds: readVarbinds(reader) };
}

function readTrapV1(reader: BerReader): TrapV1 {
  const enterpriseOctets = reader.octets(0x06);
  if (!isOid(enterpriseOctets)) reader.fail();
  const enterprise = reader.bad ? '0.0' : decodeOid(enterpriseOctets);
  const agentAddress = Buffer.from(reader.octets(0x40));
  if (agentAddress.length !== 4) reader.fail();
  const genericTrap = reader.int32();
  const specificTrap = reader.int32();
  const timestamp = reader.unsigned(reader.header(0x43));
  const varbinds = readVarbinds(reader);
  return { type: PduType.trapV1, enterprise, agentAddress, genericTrap, specificTrap, timestamp, varbinds };
}

function readVarbinds(reader: BerReader): SnmpVarbind[] {
  const varbinds: SnmpVarbind[] = [];
  const outer = reader.open(0x30);
  while (reader.more) varbinds.push(readVarbind(reader));
  reader.close(outer);
  return varbinds;
}

/** Writes a PDU. Throws `validation_failed` for a value that does not fit. */
export function writePdu(writer: BerWriter, pdu: OutgoingPdu): void {
  const mark = writer.length;
  for (const varbind of pdu.varbinds.toReversed()) writeVarbind(writer, varbind);
  writer.wrap(0x30, mark);
  if (pdu.type === PduType.trapV1) {
    writer.unsigned(pdu.timestamp, 0x43);
    writer.signed(pdu.specificTrap);
    writer.signed(pdu.genericTrap);
    writer.octets(pdu.agentAddress, 0x40);
    writer.octets(encodeOid(pdu.enterprise), 0x06);
  } else {
    writer.signed(pdu.errorIndex);
    writer.signed(pdu.errorStatus);
    writer.signed(pdu.requestId);
  }
  writer.wrap(pdu.type, mark);
}
