import type { Clock } from '#platform/clock.ts';
import { atMost } from '#platform/clock.ts';
import { toAppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { BatchOrigin } from '#stores/metrics/metrics.ts';
import type { Deliver } from '#services/spool/spool.ts';
import type { Batch, SampleSpool } from './spool.ts';

export interface MemorySpoolDeps {
  /** Tells this process's sequences from others'; new with every process, for the memory goes with it. */
  readonly source: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Samples that may wait; beyond that the oldest batches are dropped. */
  readonly maxSamples?: number;
}

const MAX_SAMPLES = 2_000_000;
const RETRY_MS = [200, 500, 1_000, 2_000, 5_000];
/** How long stopping tries to hand over the rest. */
const STOP_MS = 3_000;

const samplesOf = (batch: Batch) => batch.rows.reduce((sum, row) => sum + row.values.length, 0);

/** A spool in memory: outlives an outage of the database, not the process. */
export function createMemorySpool(deps: MemorySpoolDeps): SampleSpool {
  const { source, clock, log, maxSamples = MAX_SAMPLES } = deps;
  const waiting: { batch: Batch; origin: BatchOrigin; samples: number }[] = [];
  const counters = {
    spool_batches_total: 0,
    dropped: 0,
    spool_retries_total: 0,
  };
  let sequence = 0;
  let samples = 0;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let wake: (() => void) | undefined;
  let idle: (() => void)[] = [];

  function settle(): void {
    if (waiting.length > 0) return;
    const resolving = idle;
    idle = [];
    for (const resolve of resolving) resolve();
  }

  async function deliverAll(deliver: Deliver<Batch>): Promise<void> {
    let tries = 0;
    for (let head = waiting[0]; head; head = waiting[0]) {
      try {
        await deliver(head.batch, head.origin);
        if (tries > 0) log.info({ backlog: waiting.length }, 'the store takes batches again');
        tries = 0;
        // The head may have been dropped for want of room while it was under way.
        if (waiting[0] === head) {
          waiting.shift();
          samples -= head.samples;
        }
      } catch (thrown) {
        const error = toAppError(thrown);
        if (tries === 0)
          log.warn({ code: error.code, err: error.message }, 'the store takes no batches; they wait here');
        counters.spool_retries_total++;
        await clock.sleep(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 0, stopping.signal).catch(() => undefined);
        tries++;
        if (stopping.signal.aborted) return;
      }
    }
  }

  return {
    get backlog() {
      return waiting.length;
    },
    async append(batch) {
      const size = samplesOf(batch);
      waiting.push({ batch, origin: { source, sequence: ++sequence }, samples: size });
      samples += size;
      counters.spool_batches_total++;
      while (samples > maxSamples && waiting.length > 1) {
        const dropped = waiting.shift();
        samples -= dropped?.samples ?? 0;
        counters.dropped += dropped?.samples ?? 0;
      }
      wake?.();
    },
    get load() {
      return samples / maxSamples;
    },
    // There is no disk.
    sync: async () => undefined,
    async flush() {
      if (waiting.length === 0) return;
      await new Promise<void>((resolve) => idle.push(resolve));
    },
    async start(deliver) {
      stopping = new AbortController();
      const { signal } = stopping;
      running = (async () => {
        while (!signal.aborted) {
          await deliverAll(deliver);
          settle();
          if (signal.aborted) return;
          if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        }
      })();
    },
    async stop() {
      const empty = waiting.length === 0 ? Promise.resolve() : new Promise<void>((resolve) => idle.push(resolve));
      await atMost(clock, STOP_MS, empty);
      stopping.abort();
      wake?.();
      await running;
      if (waiting.length > 0) log.warn({ batches: waiting.length }, 'batches are lost: the store did not take them');
    },
    counters() {
      const { dropped, ...plain } = counters;
      return {
        ...plain,
        spool_backlog_batches: waiting.length,
        spool_backlog_samples: samples,
        'samples_dropped_total{reason="spool_full"}': dropped,
      };
    },
  };
}
