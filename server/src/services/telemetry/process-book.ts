import type { Bus } from '#bus/bus.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import { PROCESS_REPORT_MS, PROCESS_REPORT_TOPIC, ProcessReport } from './processes.ts';

/** The newest report of every process that has spoken within three periods. */
export interface ProcessBook extends Component {
  reports(): ProcessReport[];
  /** The newest report of one process, and the one before it: what rates are made from. */
  lastTwo(role: string, instance: string): { report: ProcessReport; before: ProcessReport | undefined } | undefined;
}

/** More processes than anyone runs; a stranger on the bus cannot fill the memory. */
const PROCESSES_MAX = 1_000;

export function createProcessBook({ bus, clock }: { bus: Bus; clock: Clock }): ProcessBook {
  const newest = new Map<string, { report: ProcessReport; before: ProcessReport | undefined; heardAt: number }>();
  let unsubscribe: (() => Promise<void>) | undefined;

  function dropSilent(): void {
    const silentSince = clock.monotonic() - 3 * PROCESS_REPORT_MS;
    for (const [key, { heardAt }] of newest) if (heardAt < silentSince) newest.delete(key);
  }

  return {
    name: 'process reports',
    async start() {
      unsubscribe = await bus.subscribe(PROCESS_REPORT_TOPIC, (message) => {
        const report = ProcessReport.safeParse(message);
        if (!report.success) return;
        const key = `${report.data.role}/${report.data.instance}`;
        if (!newest.has(key) && newest.size >= PROCESSES_MAX) dropSilent();
        if (!newest.has(key) && newest.size >= PROCESSES_MAX) return;
        const before = newest.get(key)?.report;
        newest.set(key, { report: report.data, before, heardAt: clock.monotonic() });
      });
    },
    async stop() {
      await unsubscribe?.();
      newest.clear();
    },
    lastTwo(role, instance) {
      dropSilent();
      return newest.get(`${role}/${instance}`);
    },
    reports() {
      dropSilent();
      return [...newest.values()].map(({ report }) => report);
    },
  };
}
