import { AppError } from '#platform/errors.ts';
import { BerReader } from '#protocols/ber/reader.ts';
import { BerWriter } from '#protocols/ber/writer.ts';
import { PduType, readPdu, writePdu } from './pdu.ts';
import type { OutgoingPdu, Pdu, TrapV1 } from './pdu.ts';

/** The version field of a message. */
export const SnmpVersion = { v1: 0, v2c: 1, v3: 3 } as const;

/** A v1 or v2c message as it was received (RFC 1157 section 4, RFC 1901 section 3). */
export interface CommunityMessage {
  readonly version: 0 | 1;
  readonly community: Buffer;
  readonly pdu: Pdu | TrapV1;
}

/** A v1 or v2c message to be sent. */
export interface OutgoingCommunityMessage {
  readonly version: 0 | 1;
  readonly community: string | Uint8Array;
  readonly pdu: OutgoingPdu;
}

/** PDUs that only v2 has, and the one that only v1 has. */
const NOT_IN_V1: readonly number[] = [PduType.getBulk, PduType.inform, PduType.trapV2, PduType.report];

/** Reads the version of a message without reading more of it; -1 when it is no SNMP message. */
export function peekVersion(datagram: Uint8Array): number {
  const reader = new BerReader(datagram);
  reader.open(0x30);
  const version = reader.int32();
  return reader.bad ? -1 : version;
}

/** Decodes a v1 or v2c message of either direction; null when it is malformed in any way. */
export function tryDecodeMessage(datagram: Uint8Array): CommunityMessage | null {
  const reader = new BerReader(datagram);
  const outer = reader.open(0x30);
  const version = reader.int32();
  if (version !== SnmpVersion.v1 && version !== SnmpVersion.v2c) return null;
  const community = Buffer.from(reader.octets());
  const pdu = readPdu(reader);
  reader.close(outer);
  if (reader.bad || reader.at !== datagram.length) return null;
  if (version === SnmpVersion.v1 ? NOT_IN_V1.includes(pdu.type) : pdu.type === PduType.trapV1) return null;
  return { version, community, pdu };
}

/** Decodes a v1 or v2c message of either direction. Throws `snmp_malformed`, and nothing else. */
export function decodeMessage(datagram: Uint8Array): CommunityMessage {
  const message = tryDecodeMessage(datagram);
  if (message) return message;
  throw new AppError('snmp_malformed', `A datagram of ${datagram.length} octets is no SNMP v1 or v2c message.`);
}

const shared = new BerWriter();

/** Encodes a v1 or v2c message. Throws `validation_failed` for a value that does not fit its type. */
export function encodeMessage(message: OutgoingCommunityMessage): Buffer {
  shared.reset();
  writePdu(shared, message.pdu);
  const { community } = message;
  shared.octets(typeof community === 'string' ? Buffer.from(community, 'utf8') : community);
  shared.signed(message.version);
  shared.wrap(0x30, 0);
  return shared.take();
}
