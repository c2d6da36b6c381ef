import type { Clock } from '#platform/clock.ts';
import { createHead, readHead } from '#protocols/snmp/head.ts';
import { createIds } from './ids.ts';
import { ipv4Text } from './ipv4.ts';
import { DROP_REASONS } from './transport.ts';
import { unsendable } from './unsendable.ts';
import type { DropReason, Exchange, Protocol, TransportCounters } from './transport.ts';

/** How often expired requests are looked for. */
const TICK_MS = 10;
/**
 * A look that comes this long after the one before: the process stood still. Answers lie in the socket unread, and polls
 * whose time is over have not been told yet; so nothing is asked again before both have had their turn. The next look does,
 * however late it is: a process that is always late has read and told in between.
 */
const HELD_UP_MS = 100;
/** Room for a request; a larger one gets memory of its own. */
const SCRATCH_OCTETS = 4096;
/**
 * An answer that has not come by then comes alone, if ever: its request no longer counts in the window, which is there
 * so that answers that come together fit the receive buffer. Else silent devices would fill it.
 */
const CROWD_MS = 400;
/** Where requests in flight are found, by the last bits of their id. */
const ID_PLACES = 1 << 16;
/** Most requests in flight, silent ones and all. */
const MAX_SLOTS = 16_384;
/** How long the true answer may come behind one that nobody vouches for. */
const HOLD_MS = 100;

/** A request in flight. Slots are reused, and each keeps its own send buffer: the kernel may read it after `send`. */
export interface Slot {
  id: number;
  exchange: Exchange | null;
  readonly scratch: Buffer;
  message: Buffer;
  attempt: number;
  /** True while it counts in the window. */
  counted: boolean;
  startedAt: number;
  sentAt: number;
  deadline: number;
  dropped: DropReason | null;
  strangerAddress: string | null;
  /** The IPv4 address it went to, where the socket goes by numbers; else NaN, which equals nothing. */
  ip: number;
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
  exchange(exchange: Exchange): void;
  /** Requests that an answer is expected to soon. */
  inFlight(): number;
  /**
   * A datagram, or a message over TCP, has come: all of that memory, or what is between `start` and `end`, as a view of
   * it costs as much as looking at it. IPv4 addresses may be numbers.
   */
  receive(
    memory: Buffer,
    address: string | number,
    port: number,
    protocol?: Protocol,
    start?: number,
    end?: number,
  ): void;
  /** Gives up everything that is in flight or waits, with that reason. */
  close(reason: unknown): void;
}

const NOTHING = Buffer.alloc(0);

/** Keeps at most `window` requests in flight; matches answers by id, source address and port. */
export function createSlots({ clock, random, window, send }: SlotsDeps): Slots {
  /** Slots in flight, each at the last bits of its id, which no other has; and all that were ever made. */
  const byId = Array.from({ length: ID_PLACES }, (): Slot | null => null);
  const all: Slot[] = [];
  const free: Slot[] = [];
  const waiting: Exchange[] = [];
  let waitingHead = 0;
  const ids = createIds(random);
  let inWindow = 0;
  let timer: NodeJS.Timeout | undefined;
  let lookedAt = 0;
  let passedOver = false;
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

  const hasRoom = (): boolean => inWindow < window && all.length - free.length < MAX_SLOTS;

  function createSlot(): Slot {
    const slot: Slot = {
      id: 0,
      exchange: null,
      scratch: Buffer.allocUnsafe(SCRATCH_OCTETS),
      message: NOTHING,
      attempt: 0,
      counted: false,
      startedAt: 0,
      sentAt: 0,
      deadline: 0,
      dropped: null,
      strangerAddress: null,
      ip: Number.NaN,
      onSent: (error) => {
        if (error && slot.exchange) fail(slot, unsendable(error, slot.exchange));
      },
    };
    all.push(slot);
    return slot;
  }

  function begin(exchange: Exchange): void {
    const slot = free.pop() ?? createSlot();
    do slot.id = ids.next();
    while (byId[slot.id & (ID_PLACES - 1)]);
    slot.exchange = exchange;
    slot.attempt = 0;
    slot.counted = true;
    inWindow += 1;
    slot.dropped = null;
    slot.strangerAddress = null;
    slot.ip = Number.NaN;
    byId[slot.id & (ID_PLACES - 1)] = slot;
    try {
      slot.message = exchange.render(slot.id, slot.scratch);
    } catch (error) {
      fail(slot, error);
      return;
    }
    transmit(slot, exchange);
    slot.startedAt = slot.sentAt;
    if (timer) return;
    lookedAt = slot.sentAt;
    timer = setInterval(tick, TICK_MS);
  }

  function transmit(slot: Slot, exchange: Exchange): void {
    slot.sentAt = clock.monotonic();
    slot.deadline = slot.sentAt + exchange.timeoutMs(slot.attempt);
    counters.sent += 1;
    counters.sentOctets += slot.message.length;
    send(slot);
  }

  function release(slot: Slot, answered: boolean): void {
    byId[slot.id & (ID_PLACES - 1)] = null;
    if (slot.counted) inWindow -= 1;
    slot.counted = false;
    ids.end(slot.id, answered);
    slot.exchange = null;
    slot.message = NOTHING;
    free.push(slot);
    if (waitingHead < waiting.length) admit();
  }

  function admit(): void {
    while (waitingHead < waiting.length && hasRoom()) {
      const next = waiting[waitingHead];
      waitingHead += 1;
      if (!next) break;
      if (next.signal.aborted) next.failed(next.signal.reason);
      else begin(next);
    }
    if (waitingHead === waiting.length || waitingHead > 4096) {
      waiting.splice(0, waitingHead);
      waitingHead = 0;
    }
  }

  function finish(slot: Slot, answered: boolean, now: number): void {
    const { exchange, dropped: lastDrop, strangerAddress } = slot;
    const attempts = slot.attempt + 1;
    const rttMs = answered ? now - slot.sentAt : 0;
    const atMs = slot.sentAt + rttMs / 2;
    release(slot, answered);
    exchange?.ended({ answered, rttMs, atMs, attempts, dropped: lastDrop, strangerAddress });
  }

  function fail(slot: Slot, reason: unknown): void {
    const { exchange } = slot;
    release(slot, false);
    exchange?.failed(reason);
  }

  function tick(): void {
    if (free.length === all.length) {
      clearInterval(timer);
      timer = undefined;
      return;
    }
    const now = clock.monotonic();
    passedOver = now - lookedAt > HELD_UP_MS && !passedOver;
    lookedAt = now;
    for (const slot of all) {
      const { exchange } = slot;
      if (!exchange) continue;
      if (exchange.signal.aborted) fail(slot, exchange.signal.reason);
      else if (passedOver) continue;
      else if (now >= slot.deadline) expire(slot, exchange, now);
      else if (slot.counted && now - slot.startedAt > CROWD_MS) {
        slot.counted = false;
        inWindow -= 1;
      }
    }
    if (waitingHead < waiting.length) admit();
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

  return {
    counters,
    inFlight: () => inWindow,

    exchange(exchange) {
      if (closed) exchange.failed(closed.reason);
      else if (exchange.signal.aborted) exchange.failed(exchange.signal.reason);
      else if (hasRoom() && waitingHead === waiting.length) begin(exchange);
      else waiting.push(exchange);
    },

    receive(memory, address, port, protocol = 'udp', start = 0, end = memory.length) {
      counters.received += 1;
      counters.receivedOctets += end - start;
      if (!readHead(memory, head, start, end)) return drop('malformed');
      const slot = byId[head.id & (ID_PLACES - 1)];
      if (!slot?.exchange || slot.id !== head.id) return drop(ids.fateOf(head.id));
      const { endpoint } = slot.exchange;
      const isThere = address === (typeof address === 'number' ? slot.ip : endpoint.address);
      if (!isThere || port !== endpoint.port || protocol !== (endpoint.protocol ?? 'udp')) {
        const from = typeof address === 'number' ? ipv4Text(address) : address;
        slot.strangerAddress = from === endpoint.address ? `${from}:${port}` : from;
        return drop('source', slot);
      }
      const reason = slot.exchange.accept(memory, head);
      if (reason === 'hold') return hold(slot);
      if (reason !== null) return drop(reason, slot);
      counters.accepted += 1;
      finish(slot, true, clock.monotonic());
    },

    close(reason) {
      closed = { reason };
      clearInterval(timer);
      for (const exchange of waiting.splice(0).slice(waitingHead)) exchange.failed(reason);
      waitingHead = 0;
      for (const slot of all) if (slot.exchange) fail(slot, reason);
    },
  };
}
