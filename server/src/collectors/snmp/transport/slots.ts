import { AppError } from '#platform/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { createHead, readHead } from '#protocols/snmp/head.ts';
import { MAX_REQUEST_ID, MIN_REQUEST_ID } from '#protocols/snmp/request.ts';
import { DROP_REASONS } from './transport.ts';
import type { DropReason, Exchange, Outcome, TransportCounters } from './transport.ts';

/** How often expired requests are looked for. */
const TICK_MS = 10;
/** Ids whose fate is remembered, to tell late from duplicate from forged; a power of two. */
const REMEMBERED = 1 << 16;
const SCRATCH_OCTETS = 2048;
/** How long the true answer may come behind one that nobody vouches for. */
const HOLD_MS = 100;

const FATE = { unknown: 0, answered: 1, abandoned: 2 } as const;

/** A request in flight. Slots are reused, and each keeps its own send buffer: the kernel may read it after `send`. */
export interface Slot {
  id: number;
  exchange: Exchange | null;
  readonly scratch: Buffer;
  message: Buffer;
  attempt: number;
  sentAt: number;
  deadline: number;
  dropped: DropReason | null;
  strangerAddress: string | null;
  resolve: (outcome: Outcome) => void;
  reject: (reason: unknown) => void;
  /** To be called by the socket when it could not send. */
  readonly onSent: (error: Error | null) => void;
}

export interface SlotsDeps {
  readonly clock: Clock;
  /** Where ids start: random, so that nobody guesses them. 0 <= x < 1. */
  readonly random: () => number;
  readonly window: number;
  /** Sends the slot's message to its endpoint; calls `slot.onSent` with what failed, at once or later. */
  readonly send: (slot: Slot) => void;
}

/** The requests in flight, whatever socket carries them. */
export interface Slots {
  readonly counters: TransportCounters;
  exchange(exchange: Exchange): Promise<Outcome>;
  /** A datagram has come. */
  receive(datagram: Buffer, address: string, port: number): void;
  /** Gives up everything that is in flight or waits, with that reason. */
  close(reason: unknown): void;
}

const noop = (): void => undefined;
const NOTHING = Buffer.alloc(0);

/** Keeps at most `window` requests in flight; matches answers by id, source address and port. */
export function createSlots({ clock, random, window, send }: SlotsDeps): Slots {
  const byId = new Map<number, Slot>();
  const free: Slot[] = [];
  const waiting: { exchange: Exchange; resolve: Slot['resolve']; reject: Slot['reject'] }[] = [];
  let waitingHead = 0;
  const fates = new Uint8Array(REMEMBERED);
  const span = MAX_REQUEST_ID - MIN_REQUEST_ID;
  let lastId = MIN_REQUEST_ID + Math.floor(random() * span);
  let issued = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed: { reason: unknown } | null = null;
  const head = createHead();
  const dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  const counters: TransportCounters = {
    sent: 0,
    sentOctets: 0,
    retried: 0,
    timedOut: 0,
    received: 0,
    receivedOctets: 0,
    accepted: 0,
    dropped,
    kernelDropped: 0,
  };

  function createSlot(): Slot {
    const slot: Slot = {
      id: 0,
      exchange: null,
      scratch: Buffer.allocUnsafe(SCRATCH_OCTETS),
      message: NOTHING,
      attempt: 0,
      sentAt: 0,
      deadline: 0,
      dropped: null,
      strangerAddress: null,
      resolve: noop,
      reject: noop,
      onSent: (error) => {
        if (error && slot.exchange) fail(slot, unsendable(error, slot.exchange));
      },
    };
    return slot;
  }

  function nextId(): number {
    lastId = lastId >= MAX_REQUEST_ID ? MIN_REQUEST_ID : lastId + 1;
    issued += 1;
    fates[lastId & (REMEMBERED - 1)] = FATE.unknown;
    return lastId;
  }

  function begin(exchange: Exchange, resolve: Slot['resolve'], reject: Slot['reject']): void {
    const slot = free.pop() ?? createSlot();
    slot.id = nextId();
    slot.exchange = exchange;
    slot.attempt = 0;
    slot.dropped = null;
    slot.strangerAddress = null;
    slot.resolve = resolve;
    slot.reject = reject;
    byId.set(slot.id, slot);
    try {
      slot.message = exchange.render(slot.id, slot.scratch);
    } catch (error) {
      fail(slot, error);
      return;
    }
    transmit(slot, exchange);
    timer ??= setInterval(tick, TICK_MS);
  }

  function transmit(slot: Slot, exchange: Exchange): void {
    slot.sentAt = clock.monotonic();
    slot.deadline = slot.sentAt + exchange.timeoutMs(slot.attempt);
    counters.sent += 1;
    counters.sentOctets += slot.message.length;
    send(slot);
  }

  function release(slot: Slot, fate: number): void {
    byId.delete(slot.id);
    fates[slot.id & (REMEMBERED - 1)] = fate;
    slot.exchange = null;
    slot.message = NOTHING;
    slot.resolve = noop;
    slot.reject = noop;
    free.push(slot);
    if (waitingHead < waiting.length) admit();
  }

  function admit(): void {
    while (waitingHead < waiting.length && byId.size < window) {
      const next = waiting[waitingHead];
      waitingHead += 1;
      if (!next) break;
      if (next.exchange.signal.aborted) next.reject(next.exchange.signal.reason);
      else begin(next.exchange, next.resolve, next.reject);
    }
    if (waitingHead === waiting.length || waitingHead > 4096) {
      waiting.splice(0, waitingHead);
      waitingHead = 0;
    }
  }

  function finish(slot: Slot, answered: boolean, now: number): void {
    const { resolve, dropped: lastDrop, strangerAddress } = slot;
    const attempts = slot.attempt + 1;
    const rttMs = answered ? now - slot.sentAt : 0;
    release(slot, answered ? FATE.answered : FATE.abandoned);
    resolve({ answered, rttMs, attempts, dropped: lastDrop, strangerAddress });
  }

  function fail(slot: Slot, reason: unknown): void {
    const { reject } = slot;
    release(slot, FATE.abandoned);
    reject(reason);
  }

  function tick(): void {
    if (byId.size === 0) {
      clearInterval(timer);
      timer = undefined;
      return;
    }
    const now = clock.monotonic();
    for (const slot of byId.values()) {
      const { exchange } = slot;
      if (!exchange) continue;
      if (exchange.signal.aborted) fail(slot, exchange.signal.reason);
      else if (now >= slot.deadline) expire(slot, exchange, now);
    }
  }

  function expire(slot: Slot, exchange: Exchange, now: number): void {
    if (slot.attempt + 1 >= exchange.tries) {
      counters.timedOut += 1;
      finish(slot, false, now);
      return;
    }
    slot.attempt += 1;
    counters.retried += 1;
    transmit(slot, exchange);
  }

  /** Nobody vouches for what it said, so a forger cannot use up the request; but nothing is asked again either. */
  function hold(slot: Slot): void {
    drop('security', slot);
    slot.attempt = Math.max(slot.attempt, (slot.exchange?.tries ?? 1) - 1);
    slot.deadline = Math.min(slot.deadline, clock.monotonic() + HOLD_MS);
  }

  function drop(reason: DropReason, slot?: Slot): void {
    dropped[reason] += 1;
    if (slot) slot.dropped = reason;
  }

  function fateOf(id: number): DropReason {
    const age = lastId >= id ? lastId - id : lastId - id + span + 1;
    if (age >= Math.min(issued, REMEMBERED)) return 'unknown_id';
    return fates[id & (REMEMBERED - 1)] === FATE.answered ? 'duplicate' : 'late';
  }

  return {
    counters,

    exchange(exchange) {
      if (closed) return Promise.reject(closed.reason);
      if (exchange.signal.aborted) return Promise.reject(exchange.signal.reason);
      return new Promise((resolve, reject) => {
        if (byId.size < window && waitingHead === waiting.length) begin(exchange, resolve, reject);
        else waiting.push({ exchange, resolve, reject });
      });
    },

    receive(datagram, address, port) {
      counters.received += 1;
      counters.receivedOctets += datagram.length;
      if (!readHead(datagram, head)) return drop('malformed');
      const slot = byId.get(head.id);
      if (!slot?.exchange) return drop(fateOf(head.id));
      const { endpoint } = slot.exchange;
      if (port !== endpoint.port || address !== endpoint.address) {
        slot.strangerAddress = address === endpoint.address ? `${address}:${port}` : address;
        return drop('source', slot);
      }
      const reason = slot.exchange.accept(datagram, head);
      if (reason === 'hold') return hold(slot);
      if (reason !== null) return drop(reason, slot);
      counters.accepted += 1;
      finish(slot, true, clock.monotonic());
    },

    close(reason) {
      closed = { reason };
      clearInterval(timer);
      for (const { reject } of waiting.splice(0).slice(waitingHead)) reject(reason);
      waitingHead = 0;
      for (const slot of byId.values()) fail(slot, reason);
    },
  };
}

function unsendable(error: Error, { endpoint }: Exchange): AppError {
  const code = 'code' in error ? String(error.code) : '';
  const where = `${endpoint.address}:${endpoint.port}`;
  if (code === 'EMSGSIZE') {
    return new AppError('snmp_error', `The request to ${where} is larger than a datagram may be.`, { cause: error });
  }
  const because =
    code === 'EPERM' || code === 'EACCES'
      ? 'a firewall on this machine forbids it: allow outgoing UDP to that address'
      : `the system says ${code || error.message}: check the routes and interfaces of this machine`;
  return new AppError('no_route', `This machine cannot send to ${where}; ${because}.`, {
    cause: error,
    retryable: true,
  });
}
