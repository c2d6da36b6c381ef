import { timingSafeEqual } from 'node:crypto';
import { BerReader } from '#protocols/ber/reader.ts';
import { BerWriter } from '#protocols/ber/writer.ts';
import { AUTH } from './algorithms.ts';
import type { AuthProtocol, PrivProtocol } from './algorithms.ts';
import { macOf } from './mac.ts';
import { decrypt, encrypt } from './privacy.ts';

/** Bits of msgFlags (RFC 3412 section 6.4). */
export const MsgFlags = { auth: 1, priv: 2, reportable: 4 } as const;
const USM = 3;

/** Localised keys of one user at one engine; without `auth` nothing is protected, without `priv` nothing hidden. */
export interface UsmKeys {
  readonly auth: { readonly protocol: AuthProtocol; readonly key: Buffer } | null;
  readonly priv: { readonly protocol: PrivProtocol; readonly key: Buffer } | null;
}

export const NO_KEYS: UsmKeys = { auth: null, priv: null };

/** What stands around the scoped PDU of a v3 message (RFC 3412 section 6, RFC 3414 section 2.4). */
export interface V3Header {
  readonly msgId: number;
  /** The authoritative engine: the agent's, but for a trap the sender's. */
  readonly engineId: Uint8Array;
  readonly boots: number;
  readonly time: number;
  /** A name is UTF-8; whoever writes many messages gives its octets. */
  readonly user: string | Uint8Array;
  readonly reportable: boolean;
}

export interface ScopedPdu {
  readonly contextEngineId: Uint8Array;
  readonly contextName: string | Uint8Array;
  /** The PDU, tag and length with it. */
  readonly pdu: Uint8Array;
}

const writer = new BerWriter(4096);
const MAX_SIZE = 65_507;
const NO_OCTETS = Buffer.alloc(0);
const ZEROS = Buffer.alloc(64);

/**
 * Encodes a v3 message, into `room` where it fits, else into memory of its own. The keys say its security level; `salt`
 * must be eight octets that were never used with the same privacy key before.
 */
export function encodeV3(
  header: V3Header,
  scoped: ScopedPdu,
  keys: UsmKeys,
  salt: Buffer,
  room: Buffer = NO_OCTETS,
): Buffer {
  const { auth, priv } = keys;
  writer.reset();
  writer.raw(scoped.pdu);
  writeName(scoped.contextName);
  writer.octets(scoped.contextEngineId);
  writer.wrap(0x30, 0);
  if (auth && priv) {
    const hidden = encrypt(priv.protocol, priv.key, salt, header, writer.view());
    writer.reset();
    writer.octets(hidden);
  }
  const behindParameters = writer.length;
  writer.octets(auth && priv ? salt : NO_OCTETS);
  const behindMac = writer.length;
  const macOctets = auth ? AUTH[auth.protocol].macOctets : 0;
  writer.octets(ZEROS.subarray(0, macOctets));
  writeName(header.user);
  writer.signed(header.time);
  writer.signed(header.boots);
  writer.octets(header.engineId);
  writer.wrap(0x30, behindParameters);
  writer.wrap(0x04, behindParameters);
  const global = writer.length;
  writer.signed(USM);
  const level = (auth ? MsgFlags.auth : 0) | (auth && priv ? MsgFlags.priv : 0);
  writer.octet(level | (header.reportable ? MsgFlags.reportable : 0));
  writer.header(0x04, 1);
  writer.signed(MAX_SIZE);
  writer.signed(header.msgId);
  writer.wrap(0x30, global);
  writer.signed(3);
  writer.wrap(0x30, 0);
  const message = writer.length <= room.length ? writer.copyTo(room) : writer.take();
  if (auth) {
    const at = message.length - behindMac - macOctets;
    message.set(macOf(auth.protocol, auth.key, message, at), at);
  }
  return message;
}

function writeName(name: string | Uint8Array): void {
  if (typeof name === 'string') writer.text(name);
  else writer.octets(name);
}

/** A v3 message taken apart, nothing verified yet. Views into the datagram. */
export interface V3Envelope {
  readonly msgId: number;
  readonly flags: number;
  readonly securityModel: number;
  readonly engineId: Uint8Array;
  readonly boots: number;
  readonly time: number;
  readonly user: Uint8Array;
  readonly mac: Uint8Array;
  readonly salt: Uint8Array;
  /** The scoped PDU, or its encrypted octets. */
  readonly data: Uint8Array;
  readonly encrypted: boolean;
}

const reader = new BerReader(NO_OCTETS);

/** Takes a v3 message apart; null when it is malformed, or its flags contradict themselves or its form. */
export function readV3(datagram: Uint8Array): V3Envelope | null {
  reader.load(datagram);
  const outer = reader.open(0x30);
  if (reader.int32() !== 3) return null;
  const behindGlobal = reader.open(0x30);
  const msgId = reader.int32();
  const maxSize = reader.int32();
  const flagOctets = reader.octets();
  const securityModel = reader.int32();
  reader.close(behindGlobal);
  const flags = flagOctets[0] ?? 0;
  const level = flags & (MsgFlags.auth | MsgFlags.priv);
  if (flagOctets.length !== 1 || maxSize < 484 || msgId < 0 || level === MsgFlags.priv) return null;
  const behindParameters = reader.open(0x04);
  const behindSequence = reader.open(0x30);
  const engineId = reader.octets();
  const boots = reader.int32();
  const time = reader.int32();
  const user = reader.octets();
  const mac = reader.octets();
  const salt = reader.octets();
  reader.close(behindSequence);
  reader.close(behindParameters);
  const encrypted = (flags & MsgFlags.priv) !== 0;
  const start = reader.at;
  const data = encrypted ? reader.octets() : readWhole(datagram, start);
  reader.close(outer);
  if (reader.bad || reader.at !== datagram.length) return null;
  if (boots < 0 || time < 0 || engineId.length > 32 || user.length > 32) return null;
  return { msgId, flags, securityModel, engineId, boots, time, user, mac, salt, data, encrypted };
}

function readWhole(datagram: Uint8Array, start: number): Uint8Array {
  if (reader.peek() !== 0x30) reader.fail();
  reader.skip();
  return datagram.subarray(start, reader.at);
}

/** True when the MAC is the right one, in full length, for the message as it came. */
export function verifyMac(datagram: Uint8Array, { mac }: V3Envelope, auth: NonNullable<UsmKeys['auth']>): boolean {
  if (mac.length !== AUTH[auth.protocol].macOctets) return false;
  return timingSafeEqual(macOf(auth.protocol, auth.key, datagram, mac.byteOffset - datagram.byteOffset), mac);
}

/** Where the parts of a scoped PDU lie: `pdu` is a view, tag and length with it. */
export interface OpenedScoped {
  readonly contextEngineId: Uint8Array;
  readonly contextName: Uint8Array;
  readonly pdu: Uint8Array;
}

/** Decrypts where needed and takes the scoped PDU apart; null when that fails, as with a wrong privacy key. */
export function openScoped(envelope: V3Envelope, priv: UsmKeys['priv']): OpenedScoped | null {
  let { data } = envelope;
  if (envelope.encrypted) {
    const plain = priv ? decrypt(priv.protocol, priv.key, envelope.salt, envelope, data) : null;
    if (!plain) return null;
    data = plain;
  }
  reader.load(data);
  const outer = reader.open(0x30);
  const contextEngineId = reader.octets();
  const contextName = reader.octets();
  const start = reader.at;
  reader.skip();
  const end = reader.at;
  reader.close(outer);
  // Behind an encrypted scoped PDU there may be padding of the cipher, nothing more.
  const behind = data.length - reader.at;
  if (reader.bad || behind > (envelope.encrypted ? 8 : 0)) return null;
  return { contextEngineId, contextName, pdu: data.subarray(start, end) };
}
