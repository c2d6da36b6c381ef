import type { Clock } from '#platform/clock.ts';
import type { HistogramReading, Meter } from '#platform/meter.ts';
import { watchProcess } from '#platform/process-figures.ts';
import type { ProcessReport } from './processes.ts';

type Numbers = Record<string, number>;

export interface SelfReportDeps {
  readonly role: string;
  /** Tells processes of one role apart. */
  readonly instance: string;
  readonly clock: Clock;
  readonly meter: Meter;
  /** What its parts count. */
  readonly counters: () => Numbers | Promise<Numbers>;
  readonly histograms?: () => Record<string, HistogramReading>;
}

/** Puts together what a process tells of itself: what its parts count, what is measured, and how the process fares. */
export function createSelfReport(deps: SelfReportDeps): () => Promise<ProcessReport> {
  const { role, instance, clock, meter } = deps;
  const own = watchProcess();
  return async () => ({
    role,
    instance,
    at: clock.now(),
    counters: { ...(await deps.counters()), ...meter.counters(), ...(await own.counters()) },
    histograms: { ...deps.histograms?.(), ...meter.histograms() },
  });
}
