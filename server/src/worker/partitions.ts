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
import type { SharedClock } from './shared-clock.ts';

export interface PartitionsDeps {
  readonly leases: LeaseStore;
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
  /** Whether that process of this machine still runs; so that a dead neighbour's lease need not be waited out. */
  readonly isAlive?: (pid: number) => boolean;
  readonly leaseMs?: number;
  readonly heartbeatMs?: number;
}

export interface Partitions extends Component {
  /**
   * True while this process may work the partition: the lease was renewed recently enough, or the database is away, so
   * that nobody can renew or take anything and polling goes on as it was. Not for a slot (`at`, epoch ms) that was the
   * former holder's.
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
  /** Asks the database at once; resolves when it has answered, or has not. */
  check(): Promise<void>;
  counters(): Record<string, number>;
}

/** Jobs of one partition at once: the current window, the one before that still runs, and urgent ones. */
const CONCURRENCY = 8;

/** How long a partition's jobs may take to end when it is given back; a window is shorter. */
const GRACE_MS = 8_000;

/** Leases partitions as long as it runs, and works the queues of those it holds. */
export function createPartitions(deps: PartitionsDeps): Partitions {
  const { leases, queues, bus, clock, shared, log, member } = deps;
  const leaseMs = deps.leaseMs ?? 15_000;
  const heartbeatMs = deps.heartbeatMs ?? 5_000;
  const working = new Map<number, WorkHandle>();
  const leaving = new Map<number, Promise<void>>();
  const counters = {
    partitions_held: 0,
    partitions_taken_total: 0,
    partitions_lost_total: 0,
    heartbeats_failed_total: 0,
  };
  let leased = new Map<number, Tenure>();
  let beats: (() => void)[] = [];
  let leasedUntil = Number.NEGATIVE_INFINITY;
  let failing = false;
  let disagreed = false;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let unsubscribe: (() => Promise<void>) | undefined;
  let wake: (() => void) | undefined;

  const inTime = () => clock.monotonic() < leasedUntil;
  function holds(partition: number, at: number): boolean {
    const lease = leased.get(partition);
    return lease !== undefined && at >= lease.from && (failing || inTime());
  }

  async function take(partition: number): Promise<void> {
    const handle = await queues.work(pollQueue(partition), { concurrency: CONCURRENCY }, async (job: Job<unknown>) => {
      await deps.handle(partition, job);
    });
    working.set(partition, handle);
    counters.partitions_taken_total++;
    log.debug({ partition }, 'partition taken');
  }

  /** Stops the work of a partition; gives the lease back when it is still ours. Heartbeats go on meanwhile. */
  async function drop(partition: number, release: boolean): Promise<void> {
    const handle = working.get(partition);
    working.delete(partition);
    await handle?.stop(GRACE_MS);
    deps.lost(partition);
    counters.partitions_lost_total++;
    log.debug({ partition }, 'partition given up');
    if (!release) return;
    leased.delete(partition);
    await leases.release(member.id, [partition]);
    bus.publish(BUS_TOPICS.fleet, { released: partition });
  }

  function startDrop(partition: number, release: boolean): void {
    const dropping = drop(partition, release)
      // A lease that could not be given back is offered for release again by the next heartbeat.
      .catch((error: unknown) => log.debug({ err: error, partition }, 'a lease could not be given back'))
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

  async function beat(): Promise<void> {
    const askedAt = clock.monotonic();
    const asking = leases.beat(member, deps.partitions, leaseMs);
    // A database that hangs is away as well; waiting for it would let the lease run out unnoticed.
    if (!(await atMost(clock, heartbeatMs / 2, asking))) {
      asking.catch(() => undefined);
      throw new AppError('database_unavailable', 'The database does not answer heartbeats in time.', {
        retryable: true,
      });
    }
    const answer = await asking;
    shared.sync(answer.now, askedAt);
    if (answer.partitions !== null && answer.partitions !== deps.partitions) return disagree(answer.partitions);
    const excess = new Set(answer.excess);
    const keep = answer.held.map((lease) => lease.partition).filter((partition) => !excess.has(partition));
    leased = new Map(answer.held.map((lease) => [lease.partition, lease]));
    // Counted from before the question: whatever the answer took, the lease does not last longer than we think.
    leasedUntil = askedAt + leaseMs;
    // What lies above the share goes back once its work has stopped.
    for (const partition of excess) if (!leaving.has(partition)) startDrop(partition, true);
    for (const partition of working.keys()) if (!leased.has(partition)) startDrop(partition, false);
    await Promise.all(keep.filter((partition) => !working.has(partition) && !leaving.has(partition)).map(take));
    counters.partitions_held = working.size;
  }

  async function tryBeat(): Promise<void> {
    const startedAt = clock.monotonic();
    try {
      await beat();
      if (failing) log.info('the database is back; leases are renewed');
      failing = false;
    } catch (thrown) {
      const error = toAppError(thrown);
      counters.heartbeats_failed_total++;
      // When far more time went by than the wait for an answer lasts, it was this process that stood still. It cannot
      // know then who holds what, and polls nothing until it does.
      if (clock.monotonic() - startedAt > 2 * heartbeatMs) return;
      if (!failing) log.warn({ code: error.code, err: error.message }, 'the leases cannot be renewed');
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
      const waiting = beats;
      beats = [];
      await tryBeat();
      for (const tell of waiting) tell();
      if (!joined && !failing) {
        // The others learn of us when they beat again; then they give back what is our share.
        bus.publish(BUS_TOPICS.fleet, { joined: member.id });
        joined = true;
      }
      const woken = Promise.withResolvers<void>();
      const cancel = new AbortController();
      wake = woken.resolve;
      const pause = Math.max(100, startedAt + heartbeatMs - clock.monotonic());
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
    unleased: () => (failing && !inTime() ? [...leased.values()] : undefined),
    check() {
      const { promise, resolve } = Promise.withResolvers<void>();
      beats.push(resolve);
      wake?.();
      return promise;
    },
    held: () => [...working.keys()].toSorted((a, b) => a - b),
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
