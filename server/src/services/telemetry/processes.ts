import { z } from 'zod';
import type { Bus } from '#bus/bus.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';

/** Bus topic on which every process tells its counters, so that one hub's `/metrics` shows all roles. */
export const PROCESS_REPORT_TOPIC = 'process-report';

/** How often a process reports; one that is silent for three periods is left out. */
export const PROCESS_REPORT_MS = 10_000;

/** A hub that has been here for less has not heard everybody yet. */
export const ALL_HEARD_MS = 2.5 * PROCESS_REPORT_MS;

const Name = z.string().max(200);

/**
 * One process's figures as name -> value. Names are Prometheus names without the `sotp_` prefix, labels may follow
 * in braces: `polls_total`, `queue_jobs{state="waiting"}`. What they mean is in `figures.ts`.
 */
export const ProcessReport = z.object({
  role: z.string().max(50),
  /** Tells processes of one role apart; the same over the life of the process. */
  instance: z.string().max(100),
  /** Epoch ms. */
  at: z.number(),
  counters: z.record(Name, z.number()),
  /** Distributions since the process began, in buckets: see `HistogramReading`. */
  histograms: z
    .record(
      Name,
      z.object({ bounds: z.array(z.number()).readonly(), counts: z.array(z.number()).readonly(), sum: z.number() }),
    )
    .default({}),
});
export type ProcessReport = z.infer<typeof ProcessReport>;

/** What a process tells of itself now. */
export type TellProcess = () => Promise<readonly ProcessReport[]>;

export interface ProcessReporterDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly tell: TellProcess;
}

/** Publishes what this process tells every `PROCESS_REPORT_MS`. */
export function createProcessReporter({ bus, clock, tell }: ProcessReporterDeps): Component {
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(PROCESS_REPORT_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      for (const report of await tell()) bus.publish(PROCESS_REPORT_TOPIC, report);
    }
  }
  return {
    name: 'process reporter',
    async start() {
      stopping = new AbortController();
      running = run(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
