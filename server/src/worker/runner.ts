import type { Clock } from '#platform/clock.ts';
import { atMost } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import { createLane } from '#platform/lane.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { createHistogram } from '#platform/meter.ts';
import type { HistogramReading } from '#platform/meter.ts';
import { noTracing } from '#platform/tracing.ts';
import type { OpenSpan, Tracing } from '#platform/tracing.ts';
import type { Job } from '#queue/queue.ts';
import type { ConfiguredTarget, Targets } from '#services/inventory/targets.ts';
import type { Ingest, PollOutcome } from '#services/telemetry/ingest.ts';
import { PollJob } from '#services/telemetry/polls.ts';
import { execute } from './execute.ts';
import { jobItems } from './items.ts';
import type { PollItem } from './items.ts';
import type { Modules } from './modules.ts';
import type { SharedClock } from './shared-clock.ts';
import { createSkips } from './skips.ts';
import type { Skip } from './skips.ts';
import { createSlots } from './slots.ts';
import type { Slot } from './slots.ts';

export interface RunnerDeps {
  readonly targets: Targets;
  readonly modules: Modules;
  readonly ingest: Ingest;
  readonly clock: Clock;
  readonly shared: SharedClock;
  readonly log: Log;
  readonly tracing?: Tracing;
  /** Whether this process may poll devices of the partition now. */
  readonly holds: (partition: number, at: number) => boolean;
  /** What is polled although its leases could not be renewed; undefined as long as they could. */
  readonly unleased?: () => PollOutcome['unleased'];
  /** How a poll went that began at that monotonic instant; `news` when the one before it had gone otherwise. */
  readonly heard?: (up: boolean, news: boolean, begunAt: number) => void;
  /** How long this process stood still since that monotonic instant, ms. */
  readonly heldUpSince?: (instant: number) => number;
  /** The device is polled elsewhere from now on. */
  readonly lost?: (deviceId: number) => void;
  /** A task that somebody watches went on. */
  readonly report?: (taskId: string, outcomes: readonly PollOutcome[] | null) => Promise<boolean>;
  /** Polls at once; further ones wait. */
  readonly concurrency?: number;
}

export interface Runner extends Component {
  /** Polls what the job holds, each at its instant; resolves when the last has begun. */
  handle(partition: number, job: Job<unknown>): Promise<void>;
  /** The device changed: it may answer now. */
  changed(deviceId: number): void;
  /** What was learned of the device is of no use any more. */
  forget(deviceId: number): void;
  forgetPartition(partition: number): void;
  counters(): Record<string, number>;
  histograms(): Record<string, HistogramReading>;
}

/** Longest that a poll may take, whatever its interval. */
const MAX_BUDGET_MS = 30_000;
/** A poll ends this long before its next slot, so that the next one is not taken for an overlap. */
const GUARD_MS = 300;
/** Less time than this makes no sense for any poll. */
const MIN_BUDGET_MS = 100;
/** An instant further ahead than a plan reaches: the clock was set back. */
const MAX_WAIT_MS = 30_000;
/** How long polls under way may take at shutdown before they are aborted. */
const DRAIN_MS = 1_500;

/** A poll that failed while this process stood still for so long says nothing about the device: nobody listened. */
const HELD_UP_MS = 1_000;
const SILENCE = new Set<string | undefined>(['no_answer', 'deadline_exceeded']);

interface PollPlace {
  readonly partition: number;
  readonly span: OpenSpan;
}

/**
 * Polls. Each (device, collector) is polled by one at a time, at its instant or not at all; devices that did not answer
 * last time have a lane of their own, so that waiting for them never holds up the others; so do those that are polled for
 * the first time. A poll that somebody waits for goes first.
 */
export function createRunner(deps: RunnerDeps): Runner {
  const { targets, modules, ingest, clock, shared, log, holds, tracing = noTracing } = deps;
  const concurrency = deps.concurrency ?? 1_024;
  const lane = createLane(concurrency);
  const slowLane = createLane(Math.max(1, Math.floor(concurrency / 2)));
  // A thousand devices that are new, or new to this process, must not hold up those that are known.
  const newLane = createLane(Math.max(1, Math.floor(concurrency / 4)));
  const slots = createSlots();
  const underWay = new Set<AbortController>();
  const busy = new Set<Promise<unknown>>();
  const skips = createSkips();
  const { heldUpSince = () => 0 } = deps;
  const lag = createHistogram();
  const duration = createHistogram();
  let polls = 0;
  let failed = 0;
  let stopping = new AbortController();

  /** Why the item must not be polled now, if so. */
  function obstacle(item: PollItem, slot: Slot, partition: number): Skip | undefined {
    if (stopping.signal.aborted) return 'stopping';
    if (!holds(partition, item.at)) return deps.unleased?.() ? 'cut_off' : 'not_ours';
    if (shared.now() - item.at > item.maxLateMs) return 'late';
    // Right after an urgent poll the regular one would say nothing new, and a rate over so short a time only noise.
    if (!item.urgent && item.at - slot.lastAt < item.intervalMs / 4) return 'double';
    return undefined;
  }

  /** What the device is configured to, as far as it may be polled now. */
  async function configuredNow(item: PollItem, slot: Slot, partition: number): Promise<ConfiguredTarget | undefined> {
    const configured = await targets.target(item.deviceId);
    if (!configured || configured.disabled || !configured.collectors.some(({ name }) => name === item.collector)) {
      skips.count('gone');
      return undefined;
    }
    // The database may have taken long to give it.
    const hindered = obstacle(item, slot, partition);
    if (!hindered) return configured;
    skips.count(hindered);
    return undefined;
  }

  async function poll(item: PollItem, slot: Slot, at: PollPlace): Promise<PollOutcome | undefined> {
    const configured = await configuredNow(item, slot, at.partition);
    if (!configured) return undefined;
    slot.lastAt = item.at;
    slot.known = true;
    const late = Math.max(0, shared.now() - item.at);
    lag.observe(late / 1_000);
    const budgetMs = Math.max(MIN_BUDGET_MS, Math.min(item.intervalMs, MAX_BUDGET_MS) - late - GUARD_MS);
    const controller = new AbortController();
    const begunAt = clock.monotonic();
    underWay.add(controller);
    const { outcome, ended } = await execute({
      configured,
      collector: item.collector,
      opened: modules.get(item.collector),
      at: item.at,
      budgetMs,
      controller,
      clock,
      // As of now: when the poll is over, the leases may have been renewed, or lost.
      unleased: deps.unleased?.(),
    });
    underWay.delete(controller);
    polls++;
    if (!outcome.run.up) failed++;
    if (tracing.on) at.span.note({ up: outcome.run.up, 'error.type': outcome.run.error?.code ?? '' });
    duration.observe(outcome.run.durationMs / 1_000);
    void ended.then(() => {
      slot.running = false;
    });
    deps.heard?.(outcome.run.up, outcome.run.up === slot.down, begunAt);
    // Cut off because this process ends, or no longer polls the device: that says nothing about it.
    if (outcome.run.error?.code === 'shutting_down') {
      skips.count(stopping.signal.aborted ? 'stopping' : 'not_ours');
      return outcome;
    }
    if (SILENCE.has(outcome.run.error?.code) && heldUpSince(begunAt) >= HELD_UP_MS) {
      skips.count('held_up');
      return outcome;
    }
    slot.down = !outcome.run.up;
    ingest.record(outcome);
    return outcome;
  }

  async function run(partition: number, item: PollItem, awaited: boolean): Promise<PollOutcome | undefined> {
    const slot = slots.of(item.collector, item.deviceId);
    slot.partition = partition;
    const early = slot.running ? 'running' : obstacle(item, slot, partition);
    if (early) {
      skips.count(early);
      return undefined;
    }
    slot.running = true;
    const isNews = !slot.known || item.urgent;
    const own = slot.down ? slowLane : isNews && !awaited ? newLane : lane;
    await own.enter(awaited);
    try {
      // Time passed in the line.
      const after = obstacle(item, slot, partition);
      if (after) {
        skips.count(after);
        slot.running = false;
        return undefined;
      }
      const facts = { device: item.deviceId, collector: item.collector };
      const outcome = await tracing.span('poll', (span) => poll(item, slot, { partition, span }), { facts });
      if (!outcome) slot.running = false;
      return outcome;
    } catch (thrown) {
      slot.running = false;
      const error = toAppError(thrown);
      log.debug({ device: item.deviceId, code: error.code, err: error.message }, 'a poll could not be made');
      // Most likely the device's settings, which the database did not give in time.
      skips.count('unreadable');
      return undefined;
    } finally {
      own.leave();
    }
  }

  async function handle(partition: number, job: Job<unknown>): Promise<void> {
    const parsed = PollJob.safeParse(job.data);
    if (!parsed.success) throw new AppError('internal', 'A job of polls is malformed.', { cause: parsed.error });
    const { trace: from } = parsed.data;
    const how = { kind: 'consumer', from, facts: { partition } } as const;
    await tracing.span('job of polls', () => work(partition, parsed.data, job.attempt), how);
  }

  async function work(partition: number, data: PollJob, attempt: number): Promise<void> {
    const { taskId } = data;
    // Somebody may have cancelled it while it waited.
    if (taskId && (await deps.report?.(taskId, null)) === false) return;
    const begun: Promise<PollOutcome | undefined>[] = [];
    for (const item of jobItems(data, attempt, shared.now())) {
      const wait = item.beginAt - shared.now();
      if (wait > MAX_WAIT_MS) {
        skips.count('clock');
        continue;
      }
      if (wait > 0) await clock.sleep(wait, stopping.signal).catch(() => undefined);
      const running = run(partition, item, taskId !== undefined);
      busy.add(running);
      void running.then(() => busy.delete(running));
      if (taskId) begun.push(running);
    }
    if (!taskId) return;
    const outcomes = await Promise.all(begun);
    await deps.report?.(
      taskId,
      outcomes.filter((outcome) => outcome !== undefined),
    );
  }

  return {
    name: 'runner',
    handle,
    changed: (deviceId) => slots.changed(deviceId),
    forget: (deviceId) => modules.forget(deviceId),
    forgetPartition(partition) {
      for (const deviceId of slots.forget(partition, shared.now())) {
        modules.forget(deviceId);
        deps.lost?.(deviceId);
      }
    },
    counters() {
      return {
        polls_total: polls,
        polls_failed_total: failed,
        polls_in_flight: underWay.size,
        polls_waiting: lane.waiting + slowLane.waiting + newLane.waiting,
        ...skips.counters(),
      };
    },
    histograms: () => ({ poll_start_lag_seconds: lag.reading(), poll_duration_seconds: duration.reading() }),
    async start() {
      stopping = new AbortController();
    },
    async stop() {
      stopping.abort();
      const drained = Promise.allSettled(busy);
      await atMost(clock, DRAIN_MS, drained);
      const reason = new AppError('shutting_down', 'SOTP is shutting down.');
      for (const controller of underWay) controller.abort(reason);
      await atMost(clock, DRAIN_MS, drained);
    },
  };
}
