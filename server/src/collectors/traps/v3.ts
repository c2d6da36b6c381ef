import type { Clock } from '#platform/clock.ts';
import { BerReader } from '#protocols/ber/reader.ts';
import { BerWriter } from '#protocols/ber/writer.ts';
import { PduType, readPdu, writePdu } from '#protocols/snmp/pdu.ts';
import type { Pdu, TrapV1 } from '#protocols/snmp/pdu.ts';
import { macOnce } from '#protocols/snmp/usm/mac.ts';
import { MsgFlags, NO_KEYS, encodeV3, openScoped, readV3, verifyMac } from '#protocols/snmp/usm/message.ts';
import type { OpenedScoped, ScopedPdu, UsmKeys, V3Envelope } from '#protocols/snmp/usm/message.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { DropReason } from './tally.ts';
import { MAX_BOOTS, WINDOW_SECONDS } from './engines.ts';
import type { Engines } from './engines.ts';
import type { User, Users } from './users.ts';

const USM = 3;
const LEVEL = MsgFlags.auth | MsgFlags.priv;
const NOBODY = Buffer.alloc(0);

/** The counters of RFC 3414 section 5 that a Report carries. */
const REPORT = {
  unsupportedLevel: 1,
  notInTimeWindow: 2,
  unknownUser: 3,
  unknownEngine: 4,
  wrongDigest: 5,
  decryptionError: 6,
} as const;
type Report = keyof typeof REPORT;

/** What an answer is about: the same as the question was (RFC 3412 section 7.1). */
type Context = Pick<ScopedPdu, 'contextEngineId' | 'contextName'>;

export type V3Verdict =
  | { readonly kind: 'drop'; readonly reason: DropReason; readonly report: Buffer | null }
  /** A question after our engine: answered, and nothing more. */
  | { readonly kind: 'discovery'; readonly report: Buffer }
  | {
      readonly kind: 'taken';
      readonly pdu: Pdu | TrapV1;
      readonly user: string;
      readonly engineId: string;
      readonly authentic: boolean;
      /** The acknowledgement of an inform. */
      answer(): Buffer;
    };

export interface V3Deps {
  /** Our own engine. */
  readonly own: { readonly id: Buffer; readonly boots: number };
  readonly engines: Engines;
  readonly users: () => Users;
  readonly clock: Clock;
  /** Eight octets that nobody knows, where salts start. */
  readonly salt: Buffer;
  /** Whether this address may cost us another check of a message that may not be authentic. */
  readonly mayTry: (source: string) => boolean;
}

/** Takes v3 messages: informs, for which we are the authoritative engine, and traps, for which the sender is (RFC 3414). */
export interface V3Receiver {
  open(datagram: Buffer, source: string): V3Verdict;
}

export function createV3Receiver({ own, engines, users, clock, salt, mayTry }: V3Deps): V3Receiver {
  const startedMs = clock.monotonic();
  const ownKeys = new WeakMap<User, UsmKeys>();
  const reports: Record<Report, number> = {
    unsupportedLevel: 0,
    notInTimeWindow: 0,
    unknownUser: 0,
    unknownEngine: 0,
    wrongDigest: 0,
    decryptionError: 0,
  };
  const writer = new BerWriter();
  const ownContext: Context = { contextEngineId: own.id, contextName: '' };

  const ownTime = () => Math.min(MAX_BOOTS, Math.floor((clock.monotonic() - startedMs) / 1000));

  function nextSalt(): Buffer {
    for (let i = 7; i >= 0; i -= 1) if ((salt[i] = ((salt[i] ?? 0) + 1) & 0xff) !== 0) break;
    return salt;
  }

  function encode(envelope: V3Envelope, pdu: Uint8Array, keys: UsmKeys, user: string, context: Context): Buffer {
    const header = {
      msgId: envelope.msgId,
      engineId: own.id,
      boots: own.boots,
      time: ownTime(),
      user,
      reportable: false,
    };
    return encodeV3(header, { ...context, pdu }, keys, nextSalt());
  }

  function report(envelope: V3Envelope, what: Report, keys: UsmKeys = NO_KEYS): Buffer | null {
    reports[what] += 1;
    if ((envelope.flags & MsgFlags.reportable) === 0) return null;
    const varbinds = [
      { oid: `1.3.6.1.6.3.15.1.1.${REPORT[what]}.0`, type: SnmpType.counter32, value: reports[what] % 2 ** 32 },
    ];
    const pdu = { type: PduType.report, requestId: 0, errorStatus: 0, errorIndex: 0, varbinds } as const;
    writer.reset();
    writePdu(writer, pdu);
    return encode(
      envelope,
      writer.take(),
      { auth: keys.auth, priv: null },
      keys.auth ? text(envelope.user) : '',
      ownContext,
    );
  }

  const drop = (reason: DropReason, said: Buffer | null = null): V3Verdict => ({ kind: 'drop', reason, report: said });

  /** Opens what is authentic; null when it does not decrypt, or holds no PDU. */
  function scopedPdu(envelope: V3Envelope, keys: UsmKeys): { scoped: OpenedScoped; pdu: Pdu | TrapV1 } | null {
    const scoped = openScoped(envelope, keys.priv);
    if (!scoped) return null;
    const reader = new BerReader(scoped.pdu);
    const pdu = readPdu(reader);
    return reader.bad || reader.at !== scoped.pdu.length ? null : { scoped, pdu };
  }

  function keysAtOwn(user: User): UsmKeys {
    let keys = ownKeys.get(user);
    if (!keys) ownKeys.set(user, (keys = user.keys(own.id)));
    return keys;
  }

  function openInform(datagram: Buffer, envelope: V3Envelope, source: string): V3Verdict {
    const named = users().get(text(envelope.user));
    if (!named) return drop('unknown_user', report(envelope, 'unknownUser'));
    const level = envelope.flags & LEVEL;
    const fitting = named.filter((user) => user.level === level);
    if (fitting.length === 0) return drop('security_level', report(envelope, 'unsupportedLevel'));
    if (level !== 0 && !mayTry(source)) return drop('source_limit');
    const user = fitting.find((one) => level === 0 || authentic(datagram, envelope, keysAtOwn(one).auth));
    if (!user) return drop('wrong_digest', report(envelope, 'wrongDigest'));
    const keys = keysAtOwn(user);
    if (level !== 0) {
      const { boots, time } = envelope;
      const timely = boots === own.boots && own.boots !== MAX_BOOTS && Math.abs(time - ownTime()) <= WINDOW_SECONDS;
      if (!timely) return drop('not_in_time', report(envelope, 'notInTimeWindow', keys));
    }
    const opened = scopedPdu(envelope, keys);
    if (!opened) {
      const decryption = envelope.encrypted ? report(envelope, 'decryptionError') : null;
      return drop(envelope.encrypted ? 'wrong_privacy' : 'malformed', decryption);
    }
    if (opened.pdu.type !== PduType.inform) return drop('no_notification');
    const { contextEngineId, contextName } = opened.scoped;
    const context = { contextEngineId: Buffer.from(contextEngineId), contextName: text(contextName) };
    // As it came, octet by octet: what it holds may be more than we could write.
    const response = Buffer.from(opened.scoped.pdu);
    response[0] = PduType.response;
    return {
      kind: 'taken',
      pdu: opened.pdu,
      user: user.name,
      // Who sends an inform names himself here; the engine of its security is ours.
      engineId: hex(contextEngineId),
      authentic: level !== 0,
      answer: () => encode(envelope, response, keys, user.name, context),
    };
  }

  function openTrap(datagram: Buffer, envelope: V3Envelope, source: string): V3Verdict {
    const named = users().get(text(envelope.user));
    if (!named) return drop('unknown_user', report(envelope, 'unknownEngine'));
    const level = envelope.flags & LEVEL;
    const fitting = named.filter((user) => user.level === level);
    if (fitting.length === 0) return drop('security_level', report(envelope, 'unknownEngine'));
    const id = hex(envelope.engineId);
    const taken =
      level === 0 ? { user: fitting[0]!, keys: NO_KEYS } : authenticSender(datagram, envelope, id, fitting, source);
    if (!taken) return drop('wrong_digest', report(envelope, 'unknownEngine'));
    if ('limited' in taken) return drop('source_limit');
    const opened = scopedPdu(envelope, taken.keys);
    if (!opened) return drop(envelope.encrypted ? 'wrong_privacy' : 'malformed');
    // An inform to an engine that we are not: whoever sends it has to find out ours first.
    if (opened.pdu.type === PduType.inform) return drop('unknown_engine', report(envelope, 'unknownEngine'));
    if (opened.pdu.type !== PduType.trapV2) return drop('no_notification');
    if (level !== 0) {
      const engine = engines.get(id) ?? engines.meet(id, taken.user, taken.keys);
      engine.user = taken.user;
      engine.keys = taken.keys;
      const { boots, time, mac } = envelope;
      const judged = engines.judge(engine, { boots, time, digest: hex(mac.subarray(0, 12)) }, clock.monotonic());
      if (judged !== 'timely') return drop(judged);
    }
    const answer = () => NOBODY;
    return { kind: 'taken', pdu: opened.pdu, user: taken.user.name, engineId: id, authentic: level !== 0, answer };
  }

  /** The user whose key the message proves. Engines that have proved themselves cost no localisation of keys. */
  function authenticSender(
    datagram: Buffer,
    envelope: V3Envelope,
    id: string,
    fitting: readonly User[],
    source: string,
  ): { user: User; keys: UsmKeys } | { limited: true } | null {
    const engine = engines.get(id);
    if (engine?.user && fitting.includes(engine.user) && authentic(datagram, envelope, engine.keys.auth)) {
      return { user: engine.user, keys: engine.keys };
    }
    if (!mayTry(source)) return { limited: true };
    const user = fitting.find((one) => {
      const auth = one.authKey(envelope.engineId);
      return auth !== null && macOnce(auth.protocol, auth.key, datagram, envelope.mac);
    });
    return user ? { user, keys: user.keys(Buffer.from(envelope.engineId)) } : null;
  }

  return {
    open(datagram, source) {
      const envelope = readV3(datagram);
      if (!envelope) return drop('malformed');
      if (envelope.securityModel !== USM) return drop('security_level');
      if (own.id.equals(envelope.engineId)) return openInform(datagram, envelope, source);
      if (envelope.engineId.length < 5) {
        const said = report(envelope, 'unknownEngine');
        return said ? { kind: 'discovery', report: said } : drop('unknown_engine');
      }
      return openTrap(datagram, envelope, source);
    },
  };
}

function authentic(datagram: Buffer, envelope: V3Envelope, auth: UsmKeys['auth']): boolean {
  return auth !== null && verifyMac(datagram, envelope, auth);
}

function text(octets: Uint8Array): string {
  return Buffer.from(octets).toString('utf8');
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
