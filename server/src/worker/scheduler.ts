import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { JobQueues } from '#queue/queue.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { toAppError } from '#platform/errors.ts';
import { noTracing } from '#platform/tracing.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { LeaderLock, Leadership } from '#services/fleet/fleet.ts';
import { DeviceChanged, pollQueue } from '#services/telemetry/polls.ts';
import type { PollJob } from '#services/telemetry/polls.ts';
import { FEW_CHANGED, createPlan, immediateJobs, nextWindow } from './plan.ts';
import type { Plan, PlanEntry } from './plan.ts';
import { createSharedClock } from './shared-clock.ts';
import { createSoon } from './soon.ts';

export interface SchedulerDeps {
  /** Every (device, collector) that is to be polled; of these devices alone when given. */
  readonly schedule: (deviceIds?: readonly number[]) => Promise<readonly PlanEntry[]>;
  /** The partitions that some collector holds now. */
  readonly heldNow: () => Promise<readonly number[]>;
  readonly leader: LeaderLock;
  readonly queues: JobQueues;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing?: Tracing;
  readonly partitions: number;
  readonly tickMs?: number;
}

/** The scheduler of one process; of all of them one leads. `counters` is for `/metrics`. */
export interface Scheduler extends Component {
  /** Whether it leads now. */
  leads(): boolean;
  counters(): Record<string, number>;
}

/** The whole schedule is read again this often, in case news of a change got lost. */
const RELOAD_MS = 60_000;

/** Changes that come together are read together. */
const GATHER_MS = 100;
/** While changes go on, nothing is read for so many times as long as it took, up to a second. */
const GATHER_SHARE = 4;
const GATHER_MAX_MS = 1_000;

/** A hand-over never takes so long; after it, nobody is there. */
const UNSERVED_MS = 60_000;

/** What is new is polled again this soon: a rate takes two polls, and nobody likes to wait a whole interval for it. */
const SECOND_POLL_MS = 10_000;

/** New and changed devices polled besides their slots, a second. */
const SOON_PER_SECOND = 100;

const keyOf = (entry: PlanEntry) => `${entry.deviceId} ${entry.collector} ${entry.intervalSeconds}`;

/**
 * Adds, every tick, one job per partition with all that is due until the next tick. Only the leader does; the others
 * try to take the lead every tick. A device that is new or changed is polled at once, besides its slots.
 */
export function createScheduler(deps: SchedulerDeps): Scheduler {
  const { leader, queues, bus, clock, log, partitions } = deps;
  const { tickMs = 5_000, tracing = noTracing } = deps;
  const shared = createSharedClock(clock);
  const counters = {
    scheduler_leader: 0,
    scheduler_entries: 0,
    scheduler_jobs_total: 0,
    scheduler_polls_total: 0,
    scheduler_jumps_total: 0,
    scheduler_enqueue_failed_total: 0,
    /** Polls that were not even planned, because nobody has been there for a while to make them. */
    scheduler_unserved_polls_total: 0,
  };
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const unsubscribe: (() => Promise<void>)[] = [];
  let plan: Plan = createPlan([], partitions);
  /** Whether it was read since this process leads. */
  let isRead = false;
  const changed = new Set<number>();
  const soon = [createSoon(SOON_PER_SECOND), createSoon(SOON_PER_SECOND)] as const;
  let wake: (() => void) | undefined;
  /** When each partition was last seen held, monotonic. */
  const servedAt = new Map<number, number>();
  let leadsSince = 0;
  let nextReload = 0;
  let gatherMs = GATHER_MS;

  async function enqueue(jobs: ReadonlyMap<number, PollJob>): Promise<void> {
    for (const [partition, job] of jobs) {
      try {
        const trace = tracing.here();
        const data = trace === undefined ? job : { ...job, trace };
        await queues.add(pollQueue(partition), [{ name: 'poll', data, urgent: job.urgent ?? false }]);
        counters.scheduler_jobs_total++;
        for (const group of job.groups) counters.scheduler_polls_total += group.items.length / 2;
      } catch (error) {
        counters.scheduler_enqueue_failed_total++;
        throw error;
      }
    }
  }

  /** Reads what of the schedule has changed, or the whole; polls at once what is new since the last reading, and what is said to have changed. */
  async function reload(whole: boolean): Promise<void> {
    const since = clock.monotonic();
    const news = new Set(changed);
    changed.clear();
    const partly = !whole && isRead && news.size <= FEW_CHANGED;
    let entries: readonly PlanEntry[];
    try {
      entries = await deps.schedule(partly ? [...news] : undefined);
    } catch (error) {
      for (const deviceId of news) changed.add(deviceId);
      throw error;
    }
    // The first reading of a new leader says nothing about what is new.
    const known = new Set((isRead ? plan.entries(partly ? news : undefined) : entries).map(keyOf));
    const isFresh = (entry: PlanEntry) => !known.has(keyOf(entry));
    plan = partly ? plan.replace(news, entries) : createPlan(entries, partitions);
    isRead = true;
    counters.scheduler_entries = plan.size;
    const tookMs = clock.monotonic() - since;
    gatherMs = Math.min(GATHER_MAX_MS, Math.max(GATHER_MS, GATHER_SHARE * tookMs));
    const due = entries.filter((entry) => news.has(entry.deviceId) || isFresh(entry));
    const [first, second] = soon;
    first.add(due, clock.monotonic());
    const again = due.filter((entry) => isFresh(entry) && entry.intervalSeconds * 500 > SECOND_POLL_MS);
    second.add(again, clock.monotonic() + SECOND_POLL_MS);
    await pollSoon();
  }

  /** Polls what is new, and a second time what was new ten seconds ago, as far as it comes before the next tick. */
  async function pollSoon(): Promise<void> {
    const now = clock.monotonic();
    for (const line of soon) {
      const due = line.take(now + tickMs);
      if (due.length === 0) continue;
      const later = (i: number) => (due[i]?.at ?? now) - now;
      const entries = due.map(({ entry }) => entry);
      await enqueue(immediateJobs(entries, partitions, shared.now(), later));
    }
  }

  /** Without the jobs of partitions that nobody has held for a while: they would only pile up and be too late. */
  async function served(jobs: Map<number, PollJob>): Promise<Map<number, PollJob>> {
    const now = clock.monotonic();
    for (const partition of await deps.heldNow()) servedAt.set(partition, now);
    for (const [partition, job] of jobs) {
      if (now - (servedAt.get(partition) ?? leadsSince) < UNSERVED_MS) continue;
      jobs.delete(partition);
      for (const group of job.groups) counters.scheduler_unserved_polls_total += group.items.length / 2;
    }
    return jobs;
  }

  async function tick(lead: Leadership, plannedUntil: number | null): Promise<number> {
    const window = nextWindow(plannedUntil, shared.now(), tickMs);
    if (plannedUntil !== null && window.from !== Math.ceil(plannedUntil)) {
      counters.scheduler_jumps_total++;
      log.warn({ plannedUntil, from: window.from }, 'the clock or the scheduler jumped; planning goes on from now');
    }
    const askedAt = clock.monotonic();
    // Written before the jobs are added: a leader that dies in between costs one poll, and doubles none.
    shared.sync(await lead.advance(window.to), askedAt);
    const jobs = await served(plan.jobs(window));
    if (jobs.size === 0) return window.to;
    await tracing.span('scheduler tick', () => enqueue(jobs), { kind: 'producer', facts: { jobs: jobs.size } });
    return window.to;
  }

  /** Resolves at the next tick, or soon after a change. */
  async function rest(until: number, signal: AbortSignal): Promise<void> {
    const early = Promise.withResolvers<void>();
    const cancel = new AbortController();
    wake = early.resolve;
    const ms = changed.size > 0 ? gatherMs : Math.max(0, until - clock.monotonic());
    const slept = clock.sleep(ms, AbortSignal.any([signal, cancel.signal])).catch(() => undefined);
    await Promise.race([slept, early.promise]);
    wake = undefined;
    cancel.abort();
    if (changed.size > 0 && ms > gatherMs) await clock.sleep(gatherMs, signal).catch(() => undefined);
  }

  async function leadOn(lead: Leadership, signal: AbortSignal): Promise<void> {
    let lost = false;
    void lead.lost.then(() => {
      lost = true;
      wake?.();
    });
    isRead = false;
    for (const line of soon) line.clear();
    await reload(true);
    let plannedUntil = await lead.plannedUntil();
    // Before the first window this process must know the shared clock.
    const askedAt = clock.monotonic();
    shared.sync(await lead.advance(plannedUntil ?? 0), askedAt);
    // Nobody led for a while, or ever: nothing to go on from, and nothing to warn about.
    if (plannedUntil !== null && plannedUntil < shared.now() - tickMs) plannedUntil = null;
    counters.scheduler_leader = 1;
    log.info({ entries: plan.size }, 'this process leads the scheduling');
    let nextTick = clock.monotonic();
    leadsSince = nextTick;
    nextReload = nextTick + RELOAD_MS;
    while (!signal.aborted && !lost) {
      const now = clock.monotonic();
      if (changed.size > 0 || now >= nextReload) {
        const whole = now >= nextReload;
        await reload(whole);
        if (whole) nextReload = now + RELOAD_MS;
      }
      if (now >= nextTick) {
        plannedUntil = await tick(lead, plannedUntil);
        nextTick = Math.max(nextTick + tickMs, now);
        await pollSoon();
      }
      await rest(Math.min(nextTick, nextReload), signal);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let lead: Leadership | undefined;
      try {
        lead = await leader.tryLead();
        if (lead) await leadOn(lead, signal);
      } catch (thrown) {
        const error = toAppError(thrown);
        log.warn({ code: error.code, err: error.message }, 'scheduling is interrupted; trying again');
      } finally {
        counters.scheduler_leader = 0;
        await lead?.release().catch(() => undefined);
      }
      if (!signal.aborted) await clock.sleep(Math.min(tickMs, 2_000), signal).catch(() => undefined);
    }
  }

  return {
    name: 'scheduler',
    counters: () => ({ ...counters }),
    leads: () => counters.scheduler_leader === 1,
    async start() {
      stopping = new AbortController();
      const onChange = (message: unknown) => {
        const parsed = DeviceChanged.safeParse(message);
        if (!parsed.success || counters.scheduler_leader === 0) return;
        changed.add(parsed.data.deviceId);
        wake?.();
      };
      unsubscribe.push(await bus.subscribe(BUS_TOPICS.deviceChanged, onChange));
      // A collector that joins may bring a zone along.
      const readSoon = () => {
        nextReload = Math.min(nextReload, clock.monotonic() + tickMs);
      };
      unsubscribe.push(await bus.subscribe(BUS_TOPICS.fleet, readSoon));
      running = run(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
      for (const end of unsubscribe.splice(0)) await end();
      await leader.close();
    },
  };
}
