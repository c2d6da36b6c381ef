import type { Bus } from '#bus/bus.ts';
import type { Clock } from '#platform/clock.ts';
import type { Component } from '#platform/lifecycle.ts';
import { PROCESS_REPORT_MS, PROCESS_REPORT_TOPIC, ProcessReport } from './processes.ts';

/** The newest report of every process that has spoken within three periods. */
export interface ProcessBook extends Component {
  reports(): ProcessReport[];
  /** What processes that speak no more have told last, for a day. */
  silent(): ProcessReport[];
  /** The newest report of one process, and the one before it: what rates are made from. */
  lastTwo(role: string, instance: string): { report: ProcessReport; before: ProcessReport | undefined } | undefined;
}

/** A collector that has fallen silent is remembered for so long: somebody should know that it is gone. */
const SILENT_KEPT_MS = 24 * 3_600_000;

/** More processes than anyone runs; a stranger on the bus cannot fill the memory. */
const PROCESSES_MAX = 1_000;

export function createProcessBook({ bus, clock }: { bus: Bus; clock: Clock }): ProcessBook {
  const newest = new Map<string, { report: ProcessReport; before: ProcessReport | undefined; heardAt: number }>();
  let unsubscribe: (() => Promise<void>) | undefined;

  /** Drops those who have been silent for so long. */
  function drop(silentMs: number): void {
    const silentSince = clock.monotonic() - silentMs;
    for (const [key, { heardAt }] of newest) if (heardAt < silentSince) newest.delete(key);
  }

  function speaks({ heardAt }: { heardAt: number }): boolean {
    return heardAt >= clock.monotonic() - 3 * PROCESS_REPORT_MS;
  }

  return {
    name: 'process reports',
    async start() {
      unsubscribe = await bus.subscribe(PROCESS_REPORT_TOPIC, (message) => {
        const report = ProcessReport.safeParse(message);
        if (!report.success) return;
        const key = `${report.data.role}/${report.data.instance}`;
        if (!newest.has(key) && newest.size >= PROCESSES_MAX) drop(3 * PROCESS_REPORT_MS);
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
      const told = newest.get(`${role}/${instance}`);
      return told && speaks(told) ? told : undefined;
    },
    reports() {
      return [...newest.values()].filter(speaks).map(({ report }) => report);
    },
    silent() {
      drop(SILENT_KEPT_MS);
      return [...newest.values()].filter((told) => !speaks(told)).map(({ report }) => report);
    },
  };
}
