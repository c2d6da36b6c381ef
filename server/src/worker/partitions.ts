import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Job, JobQueues, WorkHandle } from '#queue/queue.ts';
import type { Clock } from '#platform/clock.ts';
import { atMost } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { HeldLease, LeaseStore, Member, Tenure } from '#services/fleet/fleet.ts';
import { pollQueue } from '#services/telemetry/polls.ts';
import { createCutOff } from './cut-off.ts';
import type { Attempt } from './cut-off.ts';
import type { SharedClock } from './shared-clock.ts';

export interface PartitionsDeps {
  readonly leases: Pick<LeaseStore, 'beat' | 'release' | 'leave' | 'members'>;
  readonly queues: JobQueues;
  readonly bus: Bus;
  readonly clock: Clock;
  /** Kept in step with the database by the heartbeats. */
  readonly shared: SharedClock;
  readonly log: Log;
  readonly member: Member;
  readonly partitions: number;
  /** Works one job of a partition that this process holds. */
  readonly handle: (partition: number, job: Job<unknown>) => Promise<unknown>;
  /** A partition is no longer ours: what was learned of its devices is of no more use here. */
  readonly lost: (partition: number) => void;
  /** The network is back after it was cut: what was asked before may never be answered. */
  readonly backAgain?: () => void;
  /** How far the network reaches towards the database; asked when the leases cannot be renewed. */
  readonly reach?: () => Promise<'open' | 'refused' | 'silent'>;
  /** Whether that process of this machine still runs; so that a dead neighbour's lease need not be waited out. */
  readonly isAlive?: (pid: number) => boolean;
  readonly leaseMs?: number;
  readonly heartbeatMs?: number;
}

export interface Partitions extends Component {
  /**
   * True while this process may work the partition: the lease lasts, counted from when the last renewal was sent, or the
   * database is away, so that nobody can renew or take anything and polling goes on as it was. Not for a slot (`at`, epoch
   * ms) that was the former holder's.
   */
  holds(partition: number, at: number): boolean;
  /** True when the last heartbeat failed: the database is away, as far as this process can tell. */
  blind(): boolean;
  /**
   * What this process goes on with although its leases have run out. If only this process is cut off, somebody else has
   * taken these over meanwhile: then their terms have changed.
   */
  unleased(): readonly HeldLease[] | undefined;
  held(): number[];
  /** Those of them whose jobs do not come, because their queue cannot be worked now. */
  stranded(): number[];
  /** How a poll went that began at that monotonic instant; `news` when the one before it had gone otherwise. */
  heard(up: boolean, news: boolean, begunAt: number): void;
  counters(): Record<string, number>;
}

/** Jobs of one partition at once: the current window, the one before that still runs, and urgent ones. */
const CONCURRENCY = 8;

/** This share of a lease is left unused: clocks of two machines need not run equally fast. */
const UNUSED = 1 / 30;
/** The share of the time between two heartbeats that an answer may take. */
const ANSWER = 0.8;
/** An attempt that took longer than so many heartbeats was held up here. */
const HELD_UP = 2;

/** A queue can be worked sooner than this, or something is wrong with it. */
const STRANDED_MS = 2_000;

/** How long a partition's jobs may take to end when it is given back; a window is shorter. */
const GRACE_MS = 8_000;

/** Leases partitions as long as it runs, and works the queues of those it holds. */
export function createPartitions(deps: PartitionsDeps): Partitions {
  const { leases, queues, bus, clock, shared, log, member } = deps;
  const leaseMs = deps.leaseMs ?? 10_000;
  const heartbeatMs = deps.heartbeatMs ?? 3_000;
  const answerMs = ANSWER * heartbeatMs;
  const working = new Map<number, WorkHandle>();
  const coming = new Map<number, Promise<void>>();
  /** Since when the queue of a partition is to be worked, and is not yet; monotonic. */
  const wanted = new Map<number, number>();
  const leaving = new Map<number, Promise<void>>();
  /** When each partition was given back, monotonic: what was asked before that knows nothing of it. Infinite while it is. */
  const released = new Map<number, number>();
  const counters = {
    partitions_held: 0,
    partitions_taken_total: 0,
    partitions_lost_total: 0,
    heartbeats_failed_total: 0,
  };
  let leased = new Map<number, Tenure>();
  let leasedUntil = Number.NEGATIVE_INFINITY;
  let failing = false;
  let disagreed = false;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let unsubscribe: (() => Promise<void>) | undefined;
  let wake: (() => void) | undefined;
  const cutOff = createCutOff({ clock, check: () => wake?.(), leaseMs });

  const inTime = () => clock.monotonic() < leasedUntil;
  function holds(partition: number, at: number): boolean {
    const lease = leased.get(partition);
    return lease !== undefined && at >= lease.from && (inTime() || cutOff.mayPoll());
  }

  const held = () => [...leased.keys()].filter((partition) => !leaving.has(partition)).toSorted((a, b) => a - b);

  async function take(partition: number): Promise<void> {
    const handle = await queues.work(pollQueue(partition), { concurrency: CONCURRENCY }, async (job: Job<unknown>) => {
      await deps.handle(partition, job);
    });
    working.set(partition, handle);
    wanted.delete(partition);
    counters.partitions_taken_total++;
    log.debug({ partition }, 'partition taken');
  }

  /** Not awaited by heartbeats: a queue that hangs must not cost the leases. What fails is tried again by the next one. */
  function startTake(partition: number): void {
    if (!wanted.has(partition)) wanted.set(partition, clock.monotonic());
    const taking = take(partition)
      .catch((error: unknown) => log.debug({ err: error, partition }, 'the queue of a partition cannot be worked'))
      .finally(() => {
        coming.delete(partition);
        counters.partitions_held = working.size;
      });
    coming.set(partition, taking);
  }

  /** Stops the work of a partition; gives the lease back when it is still ours. Heartbeats go on meanwhile. */
  async function drop(partition: number, release: boolean): Promise<void> {
    const handle = working.get(partition);
    working.delete(partition);
    // Somebody else has it already: what still goes on with its devices, like reading one as a whole, ends at once.
    if (!release) deps.lost(partition);
    await handle?.stop(GRACE_MS);
    deps.lost(partition);
    counters.partitions_lost_total++;
    log.debug({ partition }, 'partition given up');
    if (!release) return;
    leased.delete(partition);
    released.set(partition, Number.POSITIVE_INFINITY);
    await leases.release(member.id, [partition]);
    released.set(partition, clock.monotonic());
    bus.publish(BUS_TOPICS.fleet, { released: partition });
  }

  function startDrop(partition: number, release: boolean): void {
    const dropping = drop(partition, release)
      // A lease that could not be given back is offered for release again by the next heartbeat.
      .catch((error: unknown) => {
        released.delete(partition);
        log.debug({ err: error, partition }, 'a lease could not be given back');
      })
      .finally(() => leaving.delete(partition));
    leaving.set(partition, dropping);
  }

  /** With another number of partitions this process would poll devices that others poll as well. */
  function disagree(planned: number): void {
    leased = new Map();
    for (const partition of working.keys()) startDrop(partition, true);
    counters.partitions_held = 0;
    if (disagreed) return;
    disagreed = true;
    log.error(
      { partitions: deps.partitions, hub: planned },
      'the hub plans for another number of partitions; this collector polls nothing until it is started anew',
    );
  }

  async function beat(askedAt: number): Promise<void> {
    const asking = leases.beat(member, deps.partitions, leaseMs);
    // A database that hangs is away as well; waiting for it would let the lease run out unnoticed.
    if (!(await atMost(clock, answerMs, asking))) {
      asking.catch(() => undefined);
      throw new AppError('database_unavailable', 'The database does not answer heartbeats in time.', {
        retryable: true,
      });
    }
    const answer = await asking;
    shared.sync(answer.now, askedAt);
    if (answer.partitions !== null && answer.partitions !== deps.partitions) return disagree(answer.partitions);
    const excess = new Set(answer.excess);
    const ours = answer.held.filter(({ partition }) => (released.get(partition) ?? askedAt) <= askedAt);
    leased = new Map(ours.map((lease) => [lease.partition, lease]));
    for (const partition of wanted.keys()) if (!leased.has(partition)) wanted.delete(partition);
    // Counted from before the question: whatever the answer took, the lease does not last longer than we think.
    leasedUntil = askedAt + leaseMs * (1 - UNUSED);
    // What lies above the share goes back once its work has stopped.
    for (const partition of excess) if (!leaving.has(partition)) startDrop(partition, true);
    for (const partition of working.keys()) {
      if (!leased.has(partition) && !leaving.has(partition)) startDrop(partition, false);
    }
    const busy = (partition: number) => working.has(partition) || coming.has(partition) || leaving.has(partition);
    for (const { partition } of ours) if (!excess.has(partition) && !busy(partition)) startTake(partition);
    counters.partitions_held = working.size;
  }

  /** What a heartbeat that failed says of the database. */
  async function judge(askedAt: number): Promise<Attempt> {
    const reach = (await deps.reach?.()) ?? 'refused';
    if (clock.monotonic() - askedAt > HELD_UP * heartbeatMs) return 'unsure';
    return reach === 'silent' ? 'out_of_reach' : reach === 'open' ? 'hangs' : 'away';
  }

  async function tryBeat(): Promise<void> {
    const askedAt = clock.monotonic();
    try {
      await beat(askedAt);
      if (failing) log.info('the database is back; leases are renewed');
      if (cutOff.tried(askedAt, 'renewed') === 'out_of_reach') deps.backAgain?.();
      failing = false;
    } catch (thrown) {
      const error = toAppError(thrown);
      counters.heartbeats_failed_total++;
      const how = await judge(askedAt);
      cutOff.tried(askedAt, how);
      // A process that stood still cannot know who holds what, and polls nothing until it does.
      if (how === 'unsure') return;
      if (!failing) log.warn({ code: error.code, err: error.message, how }, 'the leases cannot be renewed');
      failing = true;
    }
  }

  /** Frees what neighbours hold that died without a word; only of this machine, where that can be known. */
  async function buryNeighbours(): Promise<void> {
    const { isAlive } = deps;
    if (!isAlive) return;
    for (const other of await leases.members()) {
      if (other.host !== member.host || other.id === member.id) continue;
      if (other.pid === member.pid || !isAlive(other.pid)) await leases.leave(other.id);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    await buryNeighbours().catch(() => undefined);
    let joined = false;
    while (!signal.aborted) {
      const startedAt = clock.monotonic();
      await tryBeat();
      if (!joined && !failing) {
        // The others learn of us when they beat again; then they give back what is our share.
        bus.publish(BUS_TOPICS.fleet, { joined: member.id });
        joined = true;
      }
      const woken = Promise.withResolvers<void>();
      const cancel = new AbortController();
      wake = woken.resolve;
      // Who has lost the database looks for it more often: his leases run out.
      const pause = failing ? heartbeatMs / 5 : Math.max(100, startedAt + heartbeatMs - clock.monotonic());
      const slept = clock.sleep(pause, AbortSignal.any([signal, cancel.signal])).catch(() => undefined);
      await Promise.race([slept, woken.promise]);
      wake = undefined;
      cancel.abort();
    }
  }

  return {
    name: 'partitions',
    holds,
    blind: () => failing,
    unleased: () => (inTime() ? undefined : [...leased.values()]),
    heard: cutOff.note,
    held,
    stranded: () => held().filter((partition) => clock.monotonic() - (wanted.get(partition) ?? Infinity) > STRANDED_MS),
    counters: () => ({ ...counters }),
    async start() {
      stopping = new AbortController();
      unsubscribe = await bus.subscribe(BUS_TOPICS.fleet, () => wake?.());
      running = run(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
      await unsubscribe?.();
      unsubscribe = undefined;
      await Promise.all(coming.values());
      for (const partition of working.keys()) startDrop(partition, false);
      await Promise.all(leaving.values());
      leased = new Map();
      counters.partitions_held = 0;
      // A database that is away frees the leases by their time.
      await leases.leave(member.id).catch(() => undefined);
      bus.publish(BUS_TOPICS.fleet, { left: member.id });
    },
  };
}
