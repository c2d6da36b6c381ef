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
import type { Endpoint, Outcome, Verdict } from '#collectors/snmp/transport/transport.ts';
import { patchId } from './security.ts';
import { nameOf } from './silence.ts';
import type { Asked, OpenedPdu, Security } from './security.ts';
import { epochOf, keysOf, meetEngine, observeTime, setTime, timeOf } from './usmEngine.ts';
import { askerOf } from './usmAsker.ts';
import type { Asker } from './usmAsker.ts';
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
/** A request has had so much longer than a probe took, when its silence is to say something. */
const MUCH_LONGER = 4;

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
   * a little is asked once without the context, once without privacy. What is heard then is suspected, no more: the
   * request may have been lost. So the same is asked with all that it should have, and only silence proves it.
   */
  #probe: 'context' | 'privacy' | 'whole' | null = null;
  #probed = false;
  /** The probe was answered, whatever the answer. */
  #heard = false;
  #suspicion: string | null = null;
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
    this.#heard = false;
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
    const isPlain = probe === 'context' || probe === 'privacy';
    const scoped = { contextEngineId: engineId, contextName: isPlain ? NOBODY : contextName, pdu: octets };
    this.#nextSalt();
    return encodeV3(header, scoped, probe === 'privacy' ? { auth: keys.auth, priv: null } : keys, salt, scratch);
  }

  #nextSalt(): void {
    this.#saltLow = (this.#saltLow + 1) | 0;
    if (this.#saltLow === 0) this.#saltHigh = (this.#saltHigh + 1) | 0;
    salt.writeInt32BE(this.#saltHigh, 0);
    salt.writeInt32BE(this.#saltLow, 4);
  }

  open(memory: Buffer, head: MessageHead, opened: OpenedPdu): Verdict | 'learned' {
    if (head.version !== 3) return 'version';
    const datagram = memory.subarray(head.start, head.end);
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
    if (this.#probe === 'context' || this.#probe === 'privacy') {
      if (!authenticated && (level & MsgFlags.auth) !== 0) return 'security';
      this.#heard = true;
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
    if (this.#probe) {
      this.#heard = true;
      return 'learned';
    }
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

  settle(outcome: Outcome, { endpoint, timeoutLimitMs }: Asked): 'again' | 'silent' | AppError | null {
    if (this.#again) return 'again';
    const hint = this.#hint;
    if (this.#heard) return this.#judge(outcome, timeoutLimitMs);
    if (outcome.answered) {
      this.#probed = false;
      if (this.#candidate) this.#engine = this.#candidate;
      this.#candidate = null;
      this.#candidateTried = false;
      return null;
    }
    if (hint === null && !this.#candidate && this.#probe !== 'whole') {
      this.#probe = this.#nextProbe();
      if (this.#probe) return 'again';
    }
    if (hint === REPORTS.unknownEngine && this.#candidate && !this.#candidateTried) {
      this.#candidateTried = true;
      return 'again';
    }
    return this.#conclude(hint ?? this.#suspicion, endpoint);
  }

  /** A probe was answered: without something, which then is suspected; or with all, and nothing is wrong. */
  #judge({ answered, attempts, rttMs }: Outcome, timeoutLimitMs: number): 'again' | 'silent' {
    // An agent as slow as that, or a path that loses so much, may have failed to answer the request as well.
    const isSlow = answered && (attempts > 1 || rttMs * MUCH_LONGER > timeoutLimitMs);
    if (this.#probe === 'whole' || isSlow) {
      this.#probe = null;
      this.#suspicion = null;
      return 'silent';
    }
    this.#suspicion = this.#probe === 'privacy' ? REPORTS.wrongPrivacy : REPORTS.unknownContext;
    this.#probe = 'whole';
    return 'again';
  }

  /** Nothing is tried any more: what is told, if there is a cause. */
  #conclude(cause: string | null, endpoint: Endpoint): AppError | null {
    this.#candidate = null;
    this.#candidateTried = false;
    this.#probe = null;
    this.#suspicion = null;
    const meaning = cause === null ? undefined : REPORT_MEANINGS.get(cause);
    if (!meaning) return null;
    // The next silence has a cause too.
    this.#probed = false;
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
