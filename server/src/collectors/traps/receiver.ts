import { createHash } from 'node:crypto';
import type { AcceptedCredentials, LineSink } from '#collectors/listener.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { formatAddress } from '#protocols/mib/render.ts';
import { createHead, readHead } from '#protocols/snmp/head.ts';
import { peekVersion, tryDecodeMessage } from '#protocols/snmp/message.ts';
import { notificationOf } from '#protocols/snmp/notification.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import type { Pdu, TrapV1 } from '#protocols/snmp/pdu.ts';
import { describe } from './describe.ts';
import type { Knowledge } from './describe.ts';
import { createRecent } from './recent.ts';
import type { DropReason, Tally } from './tally.ts';
import type { V3Receiver } from './v3.ts';

/** As long as an authentic inform may be sent again by whoever has seen it: its time window, before and after. */
const REPEATS_MS = 310_000;
const REPEATS_MAX = 100_000;
const COMPLAIN_MS = 60_000;

export interface ReceiverDeps {
  readonly sink: LineSink;
  readonly v3: V3Receiver;
  readonly credentials: AcceptedCredentials;
  readonly anyCommunity: boolean;
  readonly knowledge: () => Knowledge;
  readonly pollAfter: boolean;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly log: Log;
}

/** Sends a datagram back to where one came from. */
export type Reply = (datagram: Buffer) => void;

/** Takes datagrams of senders: decides whether they may speak, says what they say, and acknowledges informs that are safe. */
export interface TrapReceiver {
  /** `source` is the address without port, `origin` with it: an inform's repetition comes from the same. */
  handle(datagram: Buffer, source: string, origin: string, reply: Reply): void;
}

interface Taken {
  readonly pdu: Pdu | TrapV1;
  readonly version: 'v1' | 'v2c' | 'v3';
  readonly user: string;
  readonly engineId: string;
  /** Equal for what must be taken once; null where nothing tells a repetition from another event. */
  readonly once: string | null;
  /** The acknowledgement of an inform. */
  readonly answer: () => Buffer;
}

/** What became of something that is taken once. */
const State = { taken: 0, waiting: 1, acknowledged: 2 } as const;
type State = (typeof State)[keyof typeof State];

export function createTrapReceiver(deps: ReceiverDeps): TrapReceiver {
  const { sink, v3, credentials, knowledge, tally, clock, log } = deps;
  /** What was taken and must not be taken again: being made durable, or acknowledged. */
  const seen = createRecent<State>(REPEATS_MS, REPEATS_MAX, clock);
  let complainedAt = Number.NEGATIVE_INFINITY;

  function complain(what: string, facts: object): void {
    if (clock.monotonic() - complainedAt < COMPLAIN_MS) return;
    complainedAt = clock.monotonic();
    log.warn(facts, what);
  }

  function drop(reason: DropReason, source: string): void {
    tally.dropped[reason] += 1;
    const why = COMPLAINTS[reason];
    if (why) complain(why, { source, reason });
  }

  function acknowledge({ answer }: Taken, reply: Reply): void {
    tally.informsAcknowledged += 1;
    reply(answer());
  }

  function accept(taken: Taken, source: string, reply: Reply): void {
    const { pdu, version, user, engineId, once } = taken;
    const notification = notificationOf(pdu);
    if (!notification) return drop('no_notification', source);
    const inform = pdu.type === PduType.inform;
    const before = once === null ? undefined : seen.get(once);
    if (before !== undefined) {
      // The acknowledgement was lost on its way, or could not be given; one that will be given needs no second.
      if (inform && before === State.acknowledged) acknowledge(taken, reply);
      else if (inform && before === State.taken) acknowledgeWhenSafe(taken, source, reply);
      return drop('repeated', source);
    }
    const agentAddress = notification.agentAddress ? formatAddress(notification.agentAddress) : '';
    const received = { notification, version, inform, user, engineId, agentAddress };
    const { content, poll } = describe(received, knowledge());
    const taking = sink.take({
      source: 'trap',
      receivedAt: clock.now(),
      sender: source,
      origin: { agentAddress: agentAddress || undefined, engineId: engineId || undefined },
      pollSoon: poll && deps.pollAfter,
      raw: Buffer.from(content.text, 'utf8'),
      truncated: false,
      content,
    });
    // Not acknowledged: whoever sent an inform tries again.
    if (!taking) return drop('buffer_full', source);
    if (once !== null) seen.set(once, State.taken);
    if (inform) acknowledgeWhenSafe(taken, source, reply);
  }

  function acknowledgeWhenSafe(taken: Taken, source: string, reply: Reply): void {
    const become = (state: State) => {
      if (taken.once !== null) seen.set(taken.once, state);
    };
    become(State.waiting);
    sink.durable().then(
      () => {
        become(State.acknowledged);
        acknowledge(taken, reply);
      },
      (error: unknown) => {
        become(State.taken);
        complain('informs are not acknowledged, since the disk does not take them', { source, err: error });
      },
    );
  }

  function handleV3(datagram: Buffer, source: string, reply: Reply): void {
    const verdict = v3.open(datagram, source);
    if (verdict.kind === 'taken') {
      const { pdu, user, engineId, authentic, answer } = verdict;
      // An inform is repeated in another message with another time in it, so its content counts. What a trap says was
      // judged by its time already, when it is authentic.
      const inform = pdu.type === PduType.inform;
      const once = inform
        ? digest([user, engineId, JSON.stringify(pdu)])
        : authentic
          ? null
          : digest([source, datagram]);
      return accept({ pdu, version: 'v3', user, engineId, once, answer }, source, reply);
    }
    if (verdict.kind === 'discovery') tally.discoveries += 1;
    else drop(verdict.reason, source);
    if (!verdict.report) return;
    tally.reportsSent += 1;
    reply(verdict.report);
  }

  return {
    handle(datagram, source, origin, reply) {
      tally.received += 1;
      if (peekVersion(datagram) === 3) return handleV3(datagram, source, reply);
      const message = tryDecodeMessage(datagram);
      if (!message) return drop('malformed', source);
      const { version, community, pdu } = message;
      if (!deps.anyCommunity && !credentials.communities.has(community.toString('utf8'))) {
        return drop('unknown_community', source);
      }
      const once = pdu.type === PduType.inform ? digest([origin, datagram]) : null;
      const answer = () => responseTo(datagram);
      accept({ pdu, version: version === 0 ? 'v1' : 'v2c', user: '', engineId: '', once, answer }, source, reply);
    },
  };
}

/** The message as it came, octet by octet, with another PDU type: what it holds may be more than we could write. */
function responseTo(datagram: Buffer): Buffer {
  const head = createHead();
  const response = Buffer.from(datagram);
  if (readHead(datagram, head)) response[head.communityEnd] = PduType.response;
  return response;
}

function digest(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('binary');
}

/** What an operator can mend, and how. */
const COMPLAINTS: Partial<Record<DropReason, string>> = {
  unknown_community:
    'notifications with an unknown community are dropped: add a credential that has it, or set traps.anyCommunity to yes',
  unknown_user: 'notifications of an unknown SNMPv3 user are dropped: add a credential with its name',
  security_level: 'notifications below or above the security level of the credential are dropped: make both the same',
  wrong_digest: 'notifications with a wrong authentication key are dropped: correct the credential or the device',
  wrong_privacy:
    'notifications that cannot be decrypted are dropped: correct the privacy key of the credential or the device',
  not_in_time:
    'notifications with an old time or boots counter are dropped: they are replayed, or the device has lost its boots counter and needs a new engine ID',
  source_limit: 'an address sends more notifications than traps.perSecond allows; the rest is dropped',
  buffer_full: 'notifications are dropped, since the spool is full',
};
