import type { CollectorLoad, SpoolLoad } from '@sotp/contract/fleet.ts';
import { quantileOf, since } from '#platform/meter.ts';
import type { ProcessReport } from '#services/telemetry/processes.ts';

type Counters = ProcessReport['counters'];
const REASON = /^polls_skipped_total\{reason="(.*)"\}$/;

function sumOf(counters: Counters, wanted: (name: string) => boolean): number {
  let sum = 0;
  for (const [name, value] of Object.entries(counters)) if (wanted(name)) sum += value;
  return sum;
}

/** The spools, by the prefix of their counters and what counts their drops. */
const SPOOLS = [
  { holds: 'samples', prefix: 'spool', dropped: 'samples_dropped_total' },
  { holds: 'lines', prefix: 'log_spool', dropped: 'syslog_dropped_total' },
  { holds: 'traps', prefix: 'trap_spool', dropped: 'trap_dropped_total' },
] as const;
/** Replies that came late or twice are dropped as well, but nothing is lost with them. */
const LOST = /^(samples|syslog|trap)_dropped_total\{/;
const NO_ROOM = /[{,]reason="(spool_full|spool_disk|buffer_full)"/;

function spoolsOf(counters: Counters, before: Counters | undefined): SpoolLoad[] {
  return SPOOLS.flatMap(({ holds, prefix, dropped: counted }): SpoolLoad[] => {
    const maxBytes = counters[`${prefix}_max_bytes`];
    if (maxBytes === undefined) return [];
    const noRoom = (name: string) => name.startsWith(`${counted}{`) && NO_ROOM.test(name);
    const dropped = sumOf(counters, noRoom);
    const droppedNow = before === undefined ? 0 : Math.max(0, dropped - sumOf(before, noRoom));
    return [{ holds, bytes: counters[`${prefix}_bytes`] ?? 0, maxBytes, dropped, droppedNow }];
  });
}

/** What a process told, in the words of the page. */
export function loadOf({
  report,
  before,
}: {
  report: ProcessReport;
  before: ProcessReport | undefined;
}): CollectorLoad {
  const { counters } = report;
  const seconds = before === undefined ? 0 : (report.at - before.at) / 1_000;
  const rate = (name: string) => {
    const grown = (counters[name] ?? 0) - (before?.counters[name] ?? 0);
    return seconds > 0 && grown >= 0 ? grown / seconds : null;
  };
  const cpu = rate('process_cpu_seconds_total');
  const lag = report.histograms['poll_start_lag_seconds'];
  // Since the report before; the first one tells of all since the process began.
  const newest = lag && since(lag, before?.histograms['poll_start_lag_seconds']);
  const lagMs = (q: number) => (newest ? quantileOf(newest, q) * 1_000 : 0);
  const skipped: Record<string, number> = {};
  for (const [name, value] of Object.entries(counters)) {
    const reason = REASON.exec(name)?.[1];
    if (reason !== undefined && value > 0) skipped[reason] = value;
  }
  const oldest = SPOOLS.map(({ prefix }) => counters[`${prefix}_oldest_seconds`] ?? 0);
  return {
    toldAt: new Date(report.at).toISOString(),
    cpuPercent: cpu === null ? null : cpu * 100,
    residentBytes: counters['process_resident_bytes'] ?? 0,
    eventLoopDelayMs: (counters['event_loop_delay_seconds{quantile="0.99"}'] ?? 0) * 1_000,
    pollsPerSecond: rate('polls_total'),
    pollsInFlight: counters['polls_in_flight'] ?? 0,
    pollsWaiting: counters['polls_waiting'] ?? 0,
    lagP50Ms: lagMs(0.5),
    lagP99Ms: lagMs(0.99),
    spoolBacklog: sumOf(counters, (name) => /(^|_)spool_backlog_(samples|lines)$/.test(name)),
    spools: spoolsOf(counters, before?.counters),
    spoolBytes: sumOf(counters, (name) => /(^|_)spool_bytes$/.test(name)),
    spoolOldestSeconds: Math.max(0, ...oldest),
    dropped: sumOf(counters, (name) => LOST.test(name)),
    kernelDropped: sumOf(counters, (name) => /_dropped_total\{.*reason="kernel/.test(name)),
    skipped,
  };
}
