import { randomFillSync } from 'node:crypto';
import {
  ECHO_HEADER_LENGTH,
  echoIdentifier,
  echoSequence,
  isEchoReply,
  isQuotedEchoRequest,
  writeEchoRequest,
} from '#protocols/icmp/echo.ts';
import { describeIcmpError } from '#protocols/icmp/unreachable.ts';
import type { Clock } from '#platform/clock.ts';
import { ADDRESS_AT } from './address.ts';
import type { SocketAddress } from './address.ts';
import type { Agenda } from './agenda.ts';
import type { IcmpSocket, OnMessage, OnUnreachable } from './socket.ts';

export interface PingPlan {
  /** Echo requests to be sent. */
  readonly count: number;
  /** Milliseconds between two requests to the host. */
  readonly spacingMs: number;
  /** A reply that comes later than this counts as lost. */
  readonly timeoutMs: number;
  /** Octets of payload, at least `COOKIE_LENGTH`. */
  readonly payloadBytes: number;
}

export interface PingCounters {
  sent: number;
  received: number;
  duplicate: number;
  late: number;
  /** Right address and number, wrong cookie: somebody guesses. */
  forged: number;
  /** Malformed, or an answer to nothing we still wait for. */
  unexpected: number;
}

/** Random octets at the head of each payload; a reply without them is not an answer to us. */
export const COOKIE_LENGTH = 8;
const SLOTS = 0x10000;
const COOKIE_POOL = 512 * COOKIE_LENGTH;
/** Replies are taken in after so many requests, so that a burst to fast hosts cannot overrun the kernel's buffer. */
const DRAIN_EVERY = 64;
const TRANSIENT = new Set([11, 105]); // EAGAIN, ENOBUFS: the queue is full now
const SEND_ERRORS: Readonly<Record<number, string>> = {
  1: 'this machine refuses to send there (a local firewall rule)',
  13: 'this machine refuses to send there (a broadcast or prohibited address)',
  22: 'this machine does not send there (a blackhole route, or an impossible address)',
  90: 'the packet is too large for the way there',
  99: 'this machine has no address to send from',
  101: 'network unreachable: this machine has no route to it',
  113: 'host unreachable',
};

/** One host under way. */
export interface Job {
  readonly target: SocketAddress;
  readonly plan: PingPlan;
  readonly roundTripsMs: Float64Array;
  /** Sequence numbers in use, by position; -1 before sending. */
  readonly slots: Int32Array;
  /** Tells the caller how it ended; called once. */
  readonly settle: (failure?: unknown) => void;
  sent: number;
  answered: number;
  trouble: string | null;
  done: boolean;
}

/** One socket with its table of outstanding requests, by sequence number. */
export interface Lane {
  /** Sends the next request of each. */
  send(due: readonly Job[]): void;
  /** Takes in what waits in the kernel. */
  receive(): void;
  /** Gives back the sequence numbers of a job. */
  free(job: Job): void;
}

export interface LaneDeps {
  readonly clock: Clock;
  readonly agenda: Agenda<Job>;
  readonly counters: PingCounters;
  /** All requests of the job are answered. */
  readonly finish: (job: Job) => void;
}

/** The lane of one socket; it writes to `counters`, asks for time by `agenda` and ends jobs by `finish`. */
export function createLane(socket: IcmpSocket, { clock, agenda, counters, finish }: LaneDeps): Lane {
  const [addressAt, addressLength] = ADDRESS_AT[socket.family];
  const owners: (Job | null)[] = Array.from({ length: SLOTS }, () => null);
  const positions = new Uint16Array(SLOTS);
  const sentAt = new Float64Array(SLOTS);
  const cookies = new Uint8Array(SLOTS * COOKIE_LENGTH);
  const pool = new Uint8Array(COOKIE_POOL);
  const instants = new Float64Array(socket.packets.length);
  let poolAt = COOKIE_POOL;
  let nextSlot = 0;
  let sinceDrain = 0;

  function takeSlot(): number {
    for (let tries = 0; tries < SLOTS; tries++) {
      const slot = nextSlot;
      nextSlot = (nextSlot + 1) & (SLOTS - 1);
      if (owners[slot] === null) return slot;
    }
    return -1;
  }

  function stage(i: number, job: Job): boolean {
    const slot = takeSlot();
    const packet = socket.packets[i];
    if (slot < 0 || packet === undefined) return false;
    if (poolAt >= COOKIE_POOL) {
      randomFillSync(pool);
      poolAt = 0;
    }
    for (let k = 0; k < COOKIE_LENGTH; k++) {
      const octet = pool[poolAt + k] ?? 0;
      packet[ECHO_HEADER_LENGTH + k] = octet;
      cookies[slot * COOKIE_LENGTH + k] = octet;
    }
    poolAt += COOKIE_LENGTH;
    const length = ECHO_HEADER_LENGTH + job.plan.payloadBytes;
    writeEchoRequest(packet.subarray(0, length), socket.family, socket.id, slot);
    socket.to(i, job.target.bytes, length);
    owners[slot] = job;
    positions[slot] = job.sent;
    job.slots[job.sent] = slot;
    return true;
  }

  function sendBatch(batch: readonly Job[]): void {
    let staged = 0;
    while (staged < batch.length && stage(staged, batch[staged] as Job)) staged++;
    for (let k = staged; k < batch.length; k++) agenda.add(clock.monotonic() + 10, batch[k] as Job);
    let from = 0;
    let refused = 0;
    while (from < staged) {
      const went = socket.send(from, staged, instants);
      for (let k = from; k < from + went; k++) sent(batch[k] as Job, instants[k] ?? 0);
      from += went;
      if (from === staged) return;
      // An ICMP error about another host may be reported here in place of sending: the second attempt tells the truth.
      if (went > 0) refused = 0;
      else if (TRANSIENT.has(socket.errno) || ++refused > 2) {
        failed(batch[from] as Job, socket.errno);
        from++;
        refused = 0;
      }
    }
  }
  function sent(job: Job, at: number): void {
    sentAt[job.slots[job.sent] ?? 0] = at;
    counters.sent++;
    advance(job);
  }
  function failed(job: Job, errno: number): void {
    const slot = job.slots[job.sent] ?? 0;
    owners[slot] = null;
    job.slots[job.sent] = -1;
    job.trouble =
      SEND_ERRORS[errno] ?? (TRANSIENT.has(errno) ? 'the send queue of this machine is full' : `errno ${errno}`);
    advance(job);
  }
  function advance(job: Job): void {
    job.sent++;
    const wait = job.sent < job.plan.count ? job.plan.spacingMs : job.plan.timeoutMs;
    const nothingComes = job.sent === job.plan.count && job.slots.every((slot) => slot < 0);
    agenda.add(clock.monotonic() + (nothingComes ? 0 : wait), job);
  }

  const onMessage: OnMessage = (bytes, start, end, source, sourceStart, atMs) => {
    if (!isEchoReply(bytes, start, end, socket.family) || echoIdentifier(bytes, start) !== socket.id) {
      counters.unexpected++;
      return;
    }
    const slot = echoSequence(bytes, start);
    const job = owners[slot];
    if (!job) {
      counters.unexpected++;
      return;
    }
    for (let k = 0; k < addressLength; k++) {
      if (source[sourceStart + addressAt + k] !== job.target.bytes[addressAt + k]) {
        counters.forged++;
        return;
      }
    }
    const cookieEnd = start + ECHO_HEADER_LENGTH + COOKIE_LENGTH;
    for (let k = 0; k < COOKIE_LENGTH; k++) {
      if (cookieEnd > end || bytes[start + ECHO_HEADER_LENGTH + k] !== cookies[slot * COOKIE_LENGTH + k]) {
        counters.forged++;
        return;
      }
    }
    const position = positions[slot] ?? 0;
    if (!Number.isNaN(job.roundTripsMs[position])) {
      counters.duplicate++;
      return;
    }
    const roundTrip = Math.max(0, atMs - (sentAt[slot] ?? 0));
    if (roundTrip > job.plan.timeoutMs) {
      counters.late++;
      return;
    }
    counters.received++;
    job.roundTripsMs[position] = roundTrip;
    if (++job.answered === job.plan.count) finish(job);
  };

  const onUnreachable: OnUnreachable = (bytes, start, end, type, code) => {
    if (!isQuotedEchoRequest(bytes, start, end, socket.family) || echoIdentifier(bytes, start) !== socket.id) return;
    const slot = echoSequence(bytes, start);
    const job = owners[slot];
    const words = describeIcmpError(socket.family, type, code);
    if (!job || words === null) return;
    // Routers quote our payload (RFC 1812 asks for as much as fits); where they do, it must be ours.
    const cookieAt = start + ECHO_HEADER_LENGTH;
    for (let k = 0; k < COOKIE_LENGTH && cookieAt + k < end; k++) {
      if (bytes[cookieAt + k] !== cookies[slot * COOKIE_LENGTH + k]) {
        counters.forged++;
        return;
      }
    }
    job.trouble = words;
  };

  return {
    send(due) {
      for (let at = 0; at < due.length; at += socket.packets.length) {
        const batch = due.slice(at, at + socket.packets.length);
        sendBatch(batch);
        sinceDrain += batch.length;
        if (sinceDrain < DRAIN_EVERY) continue;
        sinceDrain = 0;
        socket.receive(onMessage, onUnreachable);
      }
    },
    receive: () => socket.receive(onMessage, onUnreachable),
    free(job) {
      for (const slot of job.slots) if (slot >= 0) owners[slot] = null;
    },
  };
}
