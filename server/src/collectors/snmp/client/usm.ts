import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { encodeOid } from '#protocols/snmp/oid.ts';
import { PduType, readPdu } from '#protocols/snmp/pdu.ts';
import { BerReader } from '#protocols/ber/reader.ts';
import { MsgFlags, NO_KEYS, encodeV3, openScoped, readV3, verifyMac } from '#protocols/snmp/usm/message.ts';
import type { V3Envelope } from '#protocols/snmp/usm/message.ts';
import type { KeyRing } from '#protocols/snmp/usm/keys.ts';
import { encodeRequest } from '#protocols/snmp/request.ts';
import type { RequestPdu } from '#protocols/snmp/request.ts';
import type { MessageHead } from '#protocols/snmp/head.ts';
import type { Endpoint, Verdict } from '#collectors/snmp/transport/transport.ts';
import { keep } from './keep.ts';
import { patchId } from './security.ts';
import { nameOf } from './silence.ts';
import type { OpenedPdu, Security } from './security.ts';
import { epochOf, keysOf, meetEngine, observeTime, setTime, timeOf } from './usmEngine.ts';
import type { EngineKeys, RemoteEngine, UsmUser } from './usmEngine.ts';
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

/** A user, and what is made of it once for all devices that are asked with it. */
interface Asker {
  readonly user: UsmUser;
  readonly userName: Buffer;
  readonly contextName: Buffer;
  readonly level: number;
  readonly silence: string;
}

/** The salt of the message in work. */
const salt = Buffer.alloc(8);

/**
 * The user-based security model (RFC 3414) towards one device: finds its engine, follows its boots and time, and takes
 * only what has the configured level, the right MAC and a timely date. What is not authentic changes nothing that is
 * known; it can only be told as the cause when no answer comes.
 */
export function usmSecurity(user: UsmUser, deps: UsmDeps): Security {
  return new UsmSecurity(askerOf(user), deps);
}

/** A class, because there is one per device and its fields are the state. */
class UsmSecurity implements Security {
  readonly version = 3;
  readonly #asker: Asker;
  readonly #clock: Clock;
  readonly #ring: KeyRing;
  /** The last salt, as two numbers of 32 bits. */
  #saltHigh: number;
  #saltLow: number;
  #engine: RemoteEngine | null = null;
  /** Another engine that answered, unauthenticated, in place of the known one: tried, and kept when it proves itself. */
  #candidate: RemoteEngine | null = null;
  #candidateTried = false;
  /** What a Report said that nobody vouches for. */
  #hint: string | null = null;
  /**
   * Agents drop what they cannot decrypt, and requests for a context they do not have, without a word. So after silence
   * the same is asked once without the context, once without privacy: what is heard then tells what was wrong.
   */
  #probe: 'context' | 'privacy' | null = null;
  #probed = false;
  /** The request has to go out again, as something was learned. */
  #again = false;

  constructor(asker: Asker, { clock, ring, salt: first }: UsmDeps) {
    this.#asker = asker;
    this.#clock = clock;
    this.#ring = ring;
    this.#saltHigh = first.readInt32BE(0);
    this.#saltLow = first.readInt32BE(4);
  }

  get silence(): string {
    return this.#asker.silence;
  }

  get epoch(): string | null {
    return this.#engine?.synchronized ? epochOf(this.#engine) : null;
  }

  seal(pdu: RequestPdu, id: number, scratch: Buffer): Buffer {
    const at = this.#candidate ?? this.#engine;
    const { user, contextName } = this.#asker;
    const probe = this.#probe;
    this.#hint = null;
    this.#again = false;
    const asked = !at ? DISCOVERY : probe ? PROBE : pdu;
    const { octets } = asked;
    // In place: requests are shared, but this one is copied before anyone else can look at it.
    patchId(octets, asked.idAt, id);
    if (!at) {
      const header = { msgId: id, engineId: NOBODY, boots: 0, time: 0, user: NOBODY, reportable: true };
      return encodeV3(header, { contextEngineId: NOBODY, contextName: NOBODY, pdu: octets }, NO_KEYS, salt, scratch);
    }
    const { id: engineId, keys } = keysOf(at, user);
    const time = timeOf(at, this.#clock.monotonic());
    const header = { msgId: id, engineId, boots: at.boots, time, user: this.#asker.userName, reportable: true };
    const scoped = { contextEngineId: engineId, contextName: probe ? NOBODY : contextName, pdu: octets };
    this.#nextSalt();
    return encodeV3(header, scoped, probe === 'privacy' ? { auth: keys.auth, priv: null } : keys, salt, scratch);
  }

  #nextSalt(): void {
    this.#saltLow = (this.#saltLow + 1) | 0;
    if (this.#saltLow === 0) this.#saltHigh = (this.#saltHigh + 1) | 0;
    salt.writeInt32BE(this.#saltHigh, 0);
    salt.writeInt32BE(this.#saltLow, 4);
  }

  open(datagram: Buffer, head: MessageHead, opened: OpenedPdu): Verdict | 'learned' {
    if (head.version !== 3) return 'version';
    const envelope = readV3(datagram);
    if (!envelope) return 'malformed';
    if (envelope.securityModel !== 3) return 'security';
    const at = this.#candidate ?? this.#engine;
    const { user, userName, contextName, level } = this.#asker;
    const asked = at && keysOf(at, user);
    const keys = asked?.keys ?? NO_KEYS;
    const authenticated = (envelope.flags & MsgFlags.auth) !== 0;
    if (authenticated) {
      const known = asked?.id.equals(envelope.engineId) && userName.equals(envelope.user);
      if (!known || !keys.auth || !verifyMac(datagram, envelope, keys.auth)) return 'security';
    }
    const scoped = openScoped(envelope, keys.priv);
    // The MAC was right, so the sender knows the user: what does not decrypt was hidden under another key.
    if (!scoped) {
      if (envelope.encrypted) this.#hint = REPORTS.wrongPrivacy;
      return envelope.encrypted ? 'hold' : 'malformed';
    }
    const { pdu } = scoped;
    if (pdu[0] === PduType.report) {
      const oid = reportOid(pdu);
      return oid === null ? 'malformed' : this.#openReport(envelope, asked, at, oid);
    }
    if (pdu[0] !== PduType.response) return 'pdu_type';
    if (this.#probe) {
      this.#hint = this.#probe === 'privacy' ? REPORTS.wrongPrivacy : REPORTS.unknownContext;
      return authenticated ? 'learned' : 'hold';
    }
    if (!at || (envelope.flags & LEVEL) !== level) return 'security';
    // What is authentic has been compared above.
    if (!authenticated && !(asked?.id.equals(envelope.engineId) && userName.equals(envelope.user))) return 'security';
    if (authenticated && !observeTime(at, envelope.boots, envelope.time, this.#clock.monotonic())) {
      this.#hint = REPORTS.notInTimeWindow;
      return 'hold';
    }
    if (!contextName.equals(scoped.contextName)) return 'content';
    return locate(pdu, head.id, opened) ? null : 'malformed';
  }

  #openReport(
    envelope: V3Envelope,
    asked: EngineKeys | null,
    at: RemoteEngine | null,
    oid: string,
  ): 'hold' | 'learned' {
    const now = this.#clock.monotonic();
    if (at && (envelope.flags & MsgFlags.auth) !== 0) {
      if (oid !== REPORTS.notInTimeWindow || !asked?.keys.auth) this.#hint = oid;
      else if (at.synchronized && at.boots === envelope.boots && Math.abs(timeOf(at, now) - envelope.time) < 10) {
        // It is what we believe already, and still it refuses: asking again would go on for ever.
        this.#hint = oid;
      } else {
        setTime(at, envelope.boots, envelope.time, now);
        this.#again = true;
        return 'learned';
      }
      return 'hold';
    }
    if (oid === REPORTS.unknownEngine && envelope.engineId.length >= 5 && !asked?.id.equals(envelope.engineId)) {
      const met = meetEngine(envelope.engineId, envelope.boots, envelope.time, now, this.#asker.user, this.#ring);
      if (!this.#engine) {
        this.#engine = met;
        this.#again = true;
        return 'learned';
      }
      this.#candidate = met;
    }
    this.#hint = oid;
    return 'hold';
  }

  settle(answered: boolean, endpoint: Endpoint): 'again' | AppError | null {
    if (this.#again) return 'again';
    const hint = this.#hint;
    if (hint === null && !answered && !this.#candidate) {
      this.#probe = this.#nextProbe();
      if (this.#probe) return 'again';
    }
    if (answered && !this.#probe) {
      this.#probed = false;
      if (this.#candidate) this.#engine = this.#candidate;
      this.#candidate = null;
      this.#candidateTried = false;
      return null;
    }
    if (hint === REPORTS.unknownEngine && this.#candidate && !this.#candidateTried) {
      this.#candidateTried = true;
      return 'again';
    }
    this.#candidate = null;
    this.#candidateTried = false;
    this.#probe = null;
    const meaning = hint === null ? undefined : REPORT_MEANINGS.get(hint);
    if (!meaning) return null;
    const { name, context } = this.#asker.user;
    return new AppError(meaning.code, meaning.say({ user: name, where: nameOf(endpoint), context }), {
      retryable: true,
    });
  }

  #nextProbe(): 'context' | 'privacy' | null {
    const { user } = this.#asker;
    const first = this.#probe === null && !this.#probed && this.#engine !== null;
    this.#probed = true;
    if (first && user.context !== '') return 'context';
    return (first || this.#probe === 'context') && user.auth && user.priv ? 'privacy' : null;
  }
}

const MAX_ASKERS = 1024;
const askers = new Map<string, Asker>();

/** The asker of a user: the same for all devices that share its names and passwords. */
function askerOf(user: UsmUser): Asker {
  const key = JSON.stringify([user.name, user.context, user.auth, user.priv]);
  const known = askers.get(key);
  if (known) return known;
  if (askers.size >= MAX_ASKERS) askers.clear();
  const asker: Asker = {
    user,
    userName: keep(Buffer.from(user.name, 'utf8')),
    contextName: keep(Buffer.from(user.context, 'utf8')),
    level: (user.auth ? MsgFlags.auth : 0) | (user.auth && user.priv ? MsgFlags.priv : 0),
    silence: `User "${user.name}" may be wrong for an agent that does not say so`,
  };
  askers.set(key, asker);
  return asker;
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
