import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Clock } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { Job } from '#queue/queue.ts';
import { DeviceChanged } from '#services/telemetry/polls.ts';
import { FEW_CHANGED, createPlan } from './plan.ts';
import type { Plan, PlanEntry } from './plan.ts';
import type { SharedClock } from './shared-clock.ts';

export interface LocalPlanDeps {
  /** Every (device, collector) that is to be polled; of these devices alone when given. */
  readonly schedule: (deviceIds?: readonly number[]) => Promise<readonly PlanEntry[]>;
  readonly partitions: number;
  /** The partitions that this process holds, and those of them whose jobs cannot come. */
  readonly held: () => readonly number[];
  readonly stranded: () => readonly number[];
  /** Whether the database is away, and the queue with it. */
  readonly blind: () => boolean;
  readonly handle: (partition: number, job: Job<unknown>) => Promise<unknown>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly shared: SharedClock;
  readonly log: Log;
}

export interface LocalPlan extends Component {
  /** A job came from the queue: somebody schedules. */
  noteJob(): void;
  counters(): Record<string, number>;
}

/** How often the whole schedule is read as long as it can be. */
const RELOAD_MS = 300_000;
const AFTER_CHANGE_MS = 3_000;
const TICK_MS = 1_000;
/** Slots this far back, when it begins, may have been missed; the runner knows which were not. */
const LOOK_BACK_MS = 5_000;
/** Ahead of the next tick, with room for a tick that comes late. */
const AHEAD_MS = 2_500;
/** Nobody schedules when no job has come for so long, though there was something to do. */
const SILENCE_MS = 20_000;
/** A job comes so long before its last slot, at most: what is due later must have a job of its own. */
const JOB_AHEAD_MS = 7_000;
/** When the database is back, jobs from before it went may come first; a hub takes the lead and gives out new ones by then. */
const HANDOVER_MS = 5_000;

/**
 * Polling goes on when nobody schedules: because the database is away and the queue with it, or because no hub runs.
 * Slots depend on nothing but names and the clock, so the plan made here is the one that the scheduler would have made,
 * and where both are there for a moment, the runner makes each slot once.
 */
export function createLocalPlan(deps: LocalPlanDeps): LocalPlan {
  const { clock, shared, log } = deps;
  const counters = { local_plan_active: 0, local_plan_entries: 0, local_plan_polls_total: 0 };
  let plan: Plan = createPlan([], deps.partitions);
  let plannedUntil: number | null = null;
  let lastJobAt = clock.monotonic();
  let blindAt = Number.NEGATIVE_INFINITY;
  let reloadAt = 0;
  let changesAt = Number.POSITIVE_INFINITY;
  const changed = new Set<number>();
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const unsubscribe: (() => Promise<void>)[] = [];
  /** Every slot before it had its job, or needed none here; monotonic. */
  let servedUntil = Number.POSITIVE_INFINITY;
  let missed = false;
  let heldBefore: readonly number[] = [];

  /** Up to now every slot had its poll. */
  function notePlanned(now: number): void {
    servedUntil = now + JOB_AHEAD_MS;
    missed = false;
  }

  /** Whether a slot of ours went by for which no job has come. Who has nothing to do for long hears of nobody, and misses nothing. */
  function isForgotten(held: readonly number[]): boolean {
    const now = clock.monotonic();
    // What was due in a partition before it came here was the former holder's.
    if (held.some((partition) => !heldBefore.includes(partition))) servedUntil = now + JOB_AHEAD_MS;
    heldBefore = held;
    const until = now - SILENCE_MS + JOB_AHEAD_MS;
    if (missed || until <= servedUntil) return missed;
    const lag = now - shared.now();
    const due = plan.jobs({ from: Math.floor(servedUntil - lag), to: Math.floor(until - lag) });
    missed = held.some((partition) => due.has(partition));
    if (!missed) servedUntil = until;
    return missed;
  }

  /** Never awaited by who polls: a database that hangs answers when it likes. */
  async function reload(whole: boolean): Promise<void> {
    const news = new Set(changed);
    changed.clear();
    changesAt = Number.POSITIVE_INFINITY;
    const partly = !whole && news.size <= FEW_CHANGED;
    if (!partly) reloadAt = Number.POSITIVE_INFINITY;
    let next = RELOAD_MS;
    try {
      const entries = await deps.schedule(partly ? [...news] : undefined);
      plan = partly ? plan.replace(news, entries) : createPlan(entries, deps.partitions);
      counters.local_plan_entries = plan.size;
    } catch (thrown) {
      next = 2 * AFTER_CHANGE_MS;
      for (const deviceId of news) changed.add(deviceId);
      log.debug({ err: toAppError(thrown).message }, 'the schedule cannot be read now');
    }
    reloadAt = Math.min(reloadAt, clock.monotonic() + next);
  }

  let reading: Promise<void> | undefined;

  /** One reading at a time: an older one must not come out after a newer one. */
  function reloadWhenDue(): void {
    const now = clock.monotonic();
    const whole = now >= reloadAt;
    if (deps.blind() || reading || (!whole && now < changesAt)) return;
    reading = reload(whole).finally(() => {
      reading = undefined;
    });
  }

  function tick(): void {
    if (deps.blind()) {
      blindAt = clock.monotonic();
      notePlanned(blindAt);
    }
    const held = deps.held();
    const forgotten = isForgotten(held);
    const seesFor = clock.monotonic() - blindAt;
    const isHandedOver = lastJobAt > blindAt ? seesFor > HANDOVER_MS : seesFor > 2 * SILENCE_MS;
    const alone = forgotten || !isHandedOver ? held : deps.stranded();
    if (alone.length === 0 || plan.size === 0) {
      if (counters.local_plan_active === 1) log.info('polls are scheduled by the hub again');
      counters.local_plan_active = 0;
      plannedUntil = null;
      return;
    }
    if (counters.local_plan_active === 0) log.warn('nobody schedules; this process polls on by itself');
    counters.local_plan_active = 1;
    const now = Math.floor(shared.now());
    const to = now + AHEAD_MS;
    const steady = plannedUntil !== null && plannedUntil >= now - LOOK_BACK_MS && plannedUntil <= to;
    const from = steady ? (plannedUntil ?? now) : now - (forgotten ? SILENCE_MS : LOOK_BACK_MS);
    plannedUntil = to;
    for (const [partition, data] of plan.jobs({ from, to })) {
      if (!alone.includes(partition)) continue;
      for (const group of data.groups) counters.local_plan_polls_total += group.items.length / 2;
      deps.handle(partition, { id: '', name: 'poll', data, attempt: 1 }).catch((error: unknown) => {
        log.debug({ err: error }, 'a job of the local plan failed');
      });
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      reloadWhenDue();
      tick();
      await clock.sleep(TICK_MS, signal).catch(() => undefined);
    }
  }

  return {
    name: 'local plan',
    noteJob() {
      lastJobAt = clock.monotonic();
      notePlanned(lastJobAt);
    },
    counters: () => ({ ...counters }),
    async start() {
      stopping = new AbortController();
      lastJobAt = clock.monotonic();
      servedUntil = lastJobAt;
      const noteChange = (message: unknown) => {
        const parsed = DeviceChanged.safeParse(message);
        if (!parsed.success) return;
        changed.add(parsed.data.deviceId);
        changesAt = Math.min(changesAt, clock.monotonic() + AFTER_CHANGE_MS);
      };
      // A collector that joins may bring a zone along.
      const readSoon = () => {
        reloadAt = Math.min(reloadAt, clock.monotonic() + AFTER_CHANGE_MS);
      };
      unsubscribe.push(await deps.bus.subscribe(BUS_TOPICS.deviceChanged, noteChange));
      unsubscribe.push(await deps.bus.subscribe(BUS_TOPICS.fleet, readSoon));
      running = run(stopping.signal);
    },
    async stop() {
      stopping.abort();
      for (const end of unsubscribe.splice(0)) await end();
      await running;
    },
  };
}
