import type { Clock } from '#platform/clock.ts';
import { PROCESS_REPORT_MS } from '#services/telemetry/processes.ts';
import type { ProcessReport } from '#services/telemetry/processes.ts';

/** What the supervisor of this machine last said of itself: it reaches no bus, so one of its processes passes it on. */
export function createSupervisorWord({ machine, clock }: { machine: string; clock: Clock }) {
  let last: ProcessReport | undefined;
  return {
    take(counters: Readonly<Record<string, number>>): void {
      last = { role: 'supervisor', instance: machine, at: clock.now(), counters: { ...counters }, histograms: {} };
    },
    /** None when it has not spoken for a while. */
    reports(): ProcessReport[] {
      return last && clock.now() - last.at < 3 * PROCESS_REPORT_MS ? [last] : [];
    },
  };
}
