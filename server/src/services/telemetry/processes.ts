import { z } from 'zod';
import type { Bus } from '#bus/bus.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';

/** Bus topic on which every process tells its counters, so that one hub's `/metrics` shows all roles. */
export const PROCESS_REPORT_TOPIC = 'process-report';

/** How often a process reports; one that is silent for three periods is left out. */
export const PROCESS_REPORT_MS = 10_000;

/**
 * One process's counters as name -> value. Names are Prometheus names without the `sotp_` prefix, labels may follow
 * in braces: `polls_total`, `poll_lag_ms{quantile="0.99"}`. A name that ends in `_total` is a counter, others gauges.
 */
export const ProcessReport = z.object({
  role: z.string().max(50),
  /** Tells processes of one role apart; the same over the life of the process. */
  instance: z.string().max(100),
  /** Epoch ms. */
  at: z.number(),
  counters: z.record(z.string().max(200), z.number()),
});
export type ProcessReport = z.infer<typeof ProcessReport>;

export interface ProcessReporterDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly role: string;
  readonly instance: string;
  readonly counters: () => Record<string, number>;
}

/** Tells this process's counters every `PROCESS_REPORT_MS`. */
export function createProcessReporter(deps: ProcessReporterDeps): Component {
  const { bus, clock, role, instance, counters } = deps;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(PROCESS_REPORT_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      const report: ProcessReport = { role, instance, at: clock.now(), counters: counters() };
      bus.publish(PROCESS_REPORT_TOPIC, report);
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
