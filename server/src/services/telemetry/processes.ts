import { z } from 'zod';

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
