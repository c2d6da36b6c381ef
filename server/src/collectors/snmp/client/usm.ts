import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { encodeOid } from '#protocols/snmp/oid.ts';
import { PduType, readPdu } from '#protocols/snmp/pdu.ts';
import { BerReader } from '#protocols/ber/reader.ts';
import { MsgFlags, NO_KEYS, encodeV3, openScoped, readV3, verifyMac } from '#protocols/snmp/usm/message.ts';
import type { UsmKeys, V3Envelope } from '#protocols/snmp/usm/message.ts';
import type { KeyRing } from '#protocols/snmp/usm/keys.ts';
import { encodeRequest } from '#protocols/snmp/request.ts';
import { keep } from './keep.ts';
import { patchId } from './security.ts';
import { nameOf } from './silence.ts';
import type { OpenedPdu, Security } from './security.ts';
import { meetEngine, observeTime, setTime, timeOf } from './usmEngine.ts';
import type { RemoteEngine, UsmUser } from './usmEngine.ts';
import { REPORTS, REPORT_MEANINGS } from './usmReports.ts';

export interface UsmDeps {
  readonly clock: Clock;
  readonly ring: KeyRing;
  /** Where salts start: eight octets that nobody knows. */
  readonly salt: Buffer;
}

const NOBODY = Buffer.alloc(0);
const DISCOVERY = encodeRequest(PduType.get, []);
const PROBE = encodeRequest(PduType.get, [encodeOid('1.3.6.1.2.1.1.3.0')]);
const LEVEL = MsgFlags.auth | MsgFlags.priv;

/**
 * The user-based security model (RFC 3414) towards one device: finds its engine, follows its boots and time, and takes
 * only what has the configured level, the right MAC and a timely date. What is not authentic changes nothing that is
 * known; it can only be told as the cause when no answer comes.
 */
export function usmSecurity(user: UsmUser, { clock, ring, salt: firstSalt }: UsmDeps): Security {
  const level = (user.auth ? MsgFlags.auth : 0) | (user.auth && user.priv ? MsgFlags.priv : 0);
  const salt = keep(firstSalt);
  const userName = octetsOf(user.name);
  const contextName = octetsOf(user.context);
  let engine: RemoteEngine | null = null;
  /** Another engine that answered, unauthenticated, in place of the known one: tried, and kept when it proves itself. */
  let candidate: RemoteEngine | null = null;
  let candidateTried = false;
  /** What a Report said that nobody vouches for. */
  let hint: string | null = null;
  /**
   * Agents drop what they cannot decrypt, and requests for a context they do not have, without a word. So after silence
   * the same is asked once without the context, once without privacy: what is heard then tells what was wrong.
   */
  let probe: 'context' | 'privacy' | null = null;
  let probed = false;
  /** The request has to go out again, as something was learned. */
  let again = false;

  function nextSalt(): Buffer {
    for (let i = 7; i >= 0; i -= 1) {
      const octet = ((salt[i] ?? 0) + 1) & 0xff;
      salt[i] = octet;
      if (octet !== 0) break;
    }
    return salt;
  }

  function openReport(envelope: V3Envelope, keys: UsmKeys, at: RemoteEngine | null, oid: string): 'hold' | 'learned' {
    const now = clock.monotonic();
    if (at && (envelope.flags & MsgFlags.auth) !== 0) {
      if (oid !== REPORTS.notInTimeWindow || !keys.auth) hint = oid;
      else if (at.synchronized && at.boots === envelope.boots && Math.abs(timeOf(at, now) - envelope.time) < 10) {
        // It is what we believe already, and still it refuses: asking again would go on for ever.
        hint = oid;
      } else {
        setTime(at, envelope.boots, envelope.time, now);
        again = true;
        return 'learned';
      }
      return 'hold';
    }
    if (oid === REPORTS.unknownEngine && envelope.engineId.length >= 5 && !(at && at.id.equals(envelope.engineId))) {
      const met = meetEngine(envelope.engineId, envelope.boots, envelope.time, now, user, ring);
      if (!engine) {
        engine = met;
        again = true;
        return 'learned';
      }
      candidate = met;
    }
    hint = oid;
    return 'hold';
  }

  return {
    version: 3,
    silence: `User "${user.name}" may be wrong for an agent that does not say so`,

    get epoch() {
      return engine?.synchronized ? `${engine.id.toString('hex')}:${engine.boots}` : null;
    },

    seal(pdu, id, scratch) {
      const at = candidate ?? engine;
      hint = null;
      again = false;
      const asked = !at ? DISCOVERY : probe ? PROBE : pdu;
      const { octets } = asked;
      // In place: requests are shared, but this one is copied before anyone else can look at it.
      patchId(octets, asked.idAt, id);
      if (!at) {
        const header = { msgId: id, engineId: NOBODY, boots: 0, time: 0, user: '', reportable: true };
        return encodeV3(header, { contextEngineId: NOBODY, contextName: '', pdu: octets }, NO_KEYS, salt, scratch);
      }
      const time = timeOf(at, clock.monotonic());
      const header = { msgId: id, engineId: at.id, boots: at.boots, time, user: user.name, reportable: true };
      const scoped = { contextEngineId: at.id, contextName: probe ? '' : user.context, pdu: octets };
      const keys = probe === 'privacy' ? { auth: at.keys.auth, priv: null } : at.keys;
      return encodeV3(header, scoped, keys, nextSalt(), scratch);
    },

    open(datagram, head, opened) {
      if (head.version !== 3) return 'version';
      const envelope = readV3(datagram);
      if (!envelope) return 'malformed';
      if (envelope.securityModel !== 3) return 'security';
      const at = candidate ?? engine;
      const authenticated = (envelope.flags & MsgFlags.auth) !== 0;
      if (authenticated) {
        const known = at && at.keys.auth && at.id.equals(envelope.engineId) && isUser(envelope.user);
        if (!known || !at.keys.auth || !verifyMac(datagram, envelope, at.keys.auth)) return 'security';
      }
      const keys = at?.keys ?? NO_KEYS;
      const scoped = openScoped(envelope, keys.priv);
      // The MAC was right, so the sender knows the user: what does not decrypt was hidden under another key.
      if (!scoped) {
        if (envelope.encrypted) hint = REPORTS.wrongPrivacy;
        return envelope.encrypted ? 'hold' : 'malformed';
      }
      const { pdu } = scoped;
      if (pdu[0] === PduType.report) {
        const oid = reportOid(pdu);
        return oid === null ? 'malformed' : openReport(envelope, keys, at, oid);
      }
      if (pdu[0] !== PduType.response) return 'pdu_type';
      if (probe) {
        hint = probe === 'privacy' ? REPORTS.wrongPrivacy : REPORTS.unknownContext;
        return authenticated ? 'learned' : 'hold';
      }
      if (!at || (envelope.flags & LEVEL) !== level || !at.id.equals(envelope.engineId) || !isUser(envelope.user)) {
        return 'security';
      }
      if (authenticated && !observeTime(at, envelope.boots, envelope.time, clock.monotonic())) {
        hint = REPORTS.notInTimeWindow;
        return 'hold';
      }
      if (!contextName.equals(scoped.contextName)) return 'content';
      return locate(pdu, head.id, opened) ? null : 'malformed';
    },

    settle(answered, endpoint) {
      if (again) return 'again';
      if (hint === null && !answered && !candidate) {
        probe = nextProbe();
        if (probe) return 'again';
      }
      if (answered && !probe) {
        probed = false;
        if (candidate) engine = candidate;
        candidate = null;
        candidateTried = false;
        return null;
      }
      if (hint === REPORTS.unknownEngine && candidate && !candidateTried) {
        candidateTried = true;
        return 'again';
      }
      candidate = null;
      candidateTried = false;
      probe = null;
      const meaning = hint === null ? undefined : REPORT_MEANINGS.get(hint);
      if (!meaning) return null;
      const said = meaning.say({ user: user.name, where: nameOf(endpoint), context: user.context });
      return new AppError(meaning.code, said, { retryable: true });
    },
  };

  function nextProbe(): typeof probe {
    const first = probe === null && !probed && engine !== null;
    probed = true;
    if (first && user.context !== '') return 'context';
    return (first || probe === 'context') && user.auth && user.priv ? 'privacy' : null;
  }

  function isUser(octets: Uint8Array): boolean {
    return userName.equals(octets);
  }
}

const MAX_NAMES = 1024;
const names = new Map<string, Buffer>();

/** A name's octets, the same for all devices that share it: a buffer a device would cost more than its keys. */
function octetsOf(name: string): Buffer {
  const known = names.get(name);
  if (known) return known;
  if (names.size >= MAX_NAMES) names.clear();
  const octets = keep(Buffer.from(name, 'utf8'));
  names.set(name, octets);
  return octets;
}

const reader = new BerReader(NOBODY);

/** The counter that a Report carries. */
function reportOid(pdu: Uint8Array): string | null {
  reader.load(pdu);
  const report = readPdu(reader);
  return reader.bad ? null : (report.varbinds[0]?.oid ?? null);
}

/** Fills `opened` with a PDU whose request-id is the one that was sent. */
function locate(pdu: Uint8Array, id: number, opened: OpenedPdu): boolean {
  reader.load(pdu);
  reader.open(PduType.response);
  if (reader.int32() !== id || reader.bad || reader.end !== pdu.length) return false;
  opened.buf = pdu;
  opened.tag = PduType.response;
  opened.start = reader.at;
  opened.end = pdu.length;
  return true;
}
