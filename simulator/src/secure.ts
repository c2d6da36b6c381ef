import { BerWriter } from '@sotp/server/protocols/ber/writer.ts';
import { BerReader } from '@sotp/server/protocols/ber/reader.ts';
import { peekVersion } from '@sotp/server/protocols/snmp/message.ts';
import { PduType, writePdu } from '@sotp/server/protocols/snmp/pdu.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import type { AuthProtocol, PrivProtocol } from '@sotp/server/protocols/snmp/usm/algorithms.ts';
import { createKeyRing, localizeKey, localizePrivKey } from '@sotp/server/protocols/snmp/usm/keys.ts';
import { MsgFlags, NO_KEYS, encodeV3, openScoped, readV3, verifyMac } from '@sotp/server/protocols/snmp/usm/message.ts';
import type { UsmKeys, V3Envelope } from '@sotp/server/protocols/snmp/usm/message.ts';
import type { Agent } from './agent.ts';

/** A user of SNMPv3; without `auth` nothing is asked of him, without `priv` nothing is hidden. */
export interface SimulatedUser {
  readonly name: string;
  readonly auth?: { readonly protocol: AuthProtocol; readonly password: string };
  readonly priv?: { readonly protocol: PrivProtocol; readonly password: string };
}

/** The agent's SNMP engine (RFC 3411 section 5). */
export interface Engine {
  readonly id: Uint8Array;
  readonly boots: () => number;
  /** Seconds since the last boot. */
  readonly time: () => number;
}

/** Instances of what the reports of RFC 3414 section 3.2 and RFC 3412 section 7.2 say. */
const REPORT = {
  unsupportedSecLevels: '1.3.6.1.6.3.15.1.1.1.0',
  notInTimeWindows: '1.3.6.1.6.3.15.1.1.2.0',
  unknownUserNames: '1.3.6.1.6.3.15.1.1.3.0',
  unknownEngineIds: '1.3.6.1.6.3.15.1.1.4.0',
  wrongDigests: '1.3.6.1.6.3.15.1.1.5.0',
  decryptionErrors: '1.3.6.1.6.3.15.1.1.6.0',
  unknownContexts: '1.3.6.1.6.3.12.1.5.0',
} as const;

const TIME_WINDOW_SECONDS = 150;
const MAX_RESPONSE = 1472;
/** What a message of ours may hold more than the request: longer lengths and the cipher's padding. */
const SLACK = 24;
const passwords = createKeyRing();
const NO_OCTETS = new Uint8Array(0);
const writer = new BerWriter(512);
const reader = new BerReader(NO_OCTETS);

export interface SecureAgentOptions {
  /** Answers v1 and v2c. */
  readonly plain: Agent;
  /** Answers what came in v3, handed over as v2c with an empty community. */
  readonly inner: Agent;
  readonly engine: Engine;
  readonly user: SimulatedUser;
}

/** An agent that also answers SNMPv3, for one user at exactly his security level (RFC 3414). */
export function createSecureAgent({ plain, inner, engine, user }: SecureAgentOptions): Agent {
  const name = Buffer.from(user.name, 'utf8');
  let keys: UsmKeys | null = null;
  let salts = 0n;
  let reports = 0;

  function localized(): UsmKeys {
    const { auth, priv } = user;
    if (!auth) return NO_KEYS;
    const key = localizeKey(auth.protocol, passwords.get(auth.protocol, auth.password), engine.id);
    if (!priv) return { auth: { protocol: auth.protocol, key }, priv: null };
    const secret = passwords.get(auth.protocol, priv.password);
    const hiding = localizePrivKey(auth.protocol, priv.protocol, secret, engine.id);
    return { auth: { protocol: auth.protocol, key }, priv: { protocol: priv.protocol, key: hiding } };
  }

  function send(request: V3Envelope, pdu: Uint8Array, contextName: string, withKeys: UsmKeys): Buffer {
    const salt = Buffer.alloc(8);
    salt.writeBigUInt64BE(++salts);
    const header = {
      msgId: request.msgId,
      engineId: engine.id,
      boots: engine.boots(),
      time: engine.time(),
      user: Buffer.from(request.user).toString('utf8'),
      reportable: false,
    };
    return encodeV3(header, { contextEngineId: engine.id, contextName, pdu }, withKeys, salt);
  }

  function report(request: V3Envelope, what: keyof typeof REPORT, requestId = 0, withKeys = NO_KEYS): Buffer | null {
    if ((request.flags & MsgFlags.reportable) === 0) return null;
    writer.reset();
    const varbinds = [{ oid: REPORT[what], type: SnmpType.counter32, value: ++reports }];
    writePdu(writer, { type: PduType.report, requestId, errorStatus: 0, errorIndex: 0, varbinds });
    return send(request, writer.take(), '', withKeys);
  }

  function answer(datagram: Uint8Array): Buffer | null {
    const request = readV3(datagram);
    if (request === null) return null;
    if (Buffer.compare(request.engineId, engine.id) !== 0) return report(request, 'unknownEngineIds');
    if (Buffer.compare(request.user, name) !== 0) return report(request, 'unknownUserNames');
    keys ??= localized();
    const used: UsmKeys = {
      auth: (request.flags & MsgFlags.auth) !== 0 ? keys.auth : null,
      priv: request.encrypted ? keys.priv : null,
    };
    const below = !used.auth !== !keys.auth || !used.priv !== !keys.priv;
    if (below) return report(request, 'unsupportedSecLevels');
    if (used.auth) {
      if (!verifyMac(datagram, request, used.auth)) return report(request, 'wrongDigests');
      const inTime = request.boots === engine.boots() && Math.abs(request.time - engine.time()) <= TIME_WINDOW_SECONDS;
      if (!inTime) return report(request, 'notInTimeWindows', 0, { auth: used.auth, priv: null });
    }
    const scoped = openScoped(request, used.priv);
    if (scoped === null) return report(request, 'decryptionErrors');
    if (scoped.contextName.length > 0) return report(request, 'unknownContexts', requestIdOf(scoped.pdu), used);
    const overhead = datagram.length - scoped.pdu.length + SLACK;
    const response = inner.handle(wrap(scoped.pdu), MAX_RESPONSE - overhead);
    return response === null ? null : send(request, unwrap(response), '', used);
  }

  return {
    handle: (datagram, maxOctets) =>
      peekVersion(datagram) === 3 ? answer(datagram) : plain.handle(datagram, maxOctets),
  };
}

/** A v2c message around a PDU: v3 operations are those of v2c. */
function wrap(pdu: Uint8Array): Buffer {
  writer.reset();
  writer.raw(pdu);
  writer.octets(NO_OCTETS);
  writer.signed(1);
  writer.wrap(0x30, 0);
  return writer.take();
}

function unwrap(message: Uint8Array): Uint8Array {
  reader.load(message);
  reader.open(0x30);
  reader.int32();
  reader.octets();
  return message.subarray(reader.at);
}

function requestIdOf(pdu: Uint8Array): number {
  reader.load(pdu);
  reader.open(reader.peek());
  return reader.int32();
}
