import type { CollectorLoad, Fleet, FleetCollector } from '@sotp/contract/fleet.ts';
import type { JobQueues } from '#queue/queue.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import type { ProcessReport } from '#services/telemetry/processes.ts';
import { pollQueue } from '#services/telemetry/polls.ts';
import type { LeaseStore, WorkingMember } from '#stores/leases/leases.ts';
import type { Recurring } from './recurring.ts';

export interface FleetOverviewDeps {
  readonly leases: LeaseStore;
  readonly queues: JobQueues;
  readonly book: ProcessBook;
  readonly recurring: Recurring;
}

/** Who works on what, how busy they are, and what waits. */
export interface FleetOverview {
  get(): Promise<Fleet>;
  /** Gives the devices of a site back to all collectors; false when only it was never theirs alone. */
  releaseSite(site: string): Promise<boolean>;
  /** Has recurring work done now; answers its task. */
  doNow(kind: string, by: string): Promise<{ taskId: string }>;
}

const REASON = /^polls_skipped_total\{reason="(.*)"\}$/;

function sumOf(counters: ProcessReport['counters'], wanted: (name: string) => boolean): number {
  let sum = 0;
  for (const [name, value] of Object.entries(counters)) if (wanted(name)) sum += value;
  return sum;
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
  const skipped: Record<string, number> = {};
  for (const [name, value] of Object.entries(counters)) {
    const reason = REASON.exec(name)?.[1];
    if (reason !== undefined && value > 0) skipped[reason] = value;
  }
  return {
    toldAt: new Date(report.at).toISOString(),
    cpuPercent: cpu === null ? null : cpu * 100,
    residentBytes: counters['process_resident_bytes'] ?? 0,
    eventLoopDelayMs: counters['event_loop_delay_ms{quantile="0.99"}'] ?? 0,
    pollsPerSecond: rate('polls_total'),
    pollsInFlight: counters['polls_in_flight'] ?? 0,
    pollsWaiting: counters['polls_waiting'] ?? 0,
    lagP50Ms: counters['poll_lag_ms{quantile="0.5"}'] ?? 0,
    lagP99Ms: counters['poll_lag_ms{quantile="0.99"}'] ?? 0,
    spoolBacklog: sumOf(counters, (name) => /(^|_)spool_backlog_(samples|lines)$/.test(name)),
    spoolBytes: sumOf(counters, (name) => /(^|_)spool_bytes$/.test(name)),
    dropped: sumOf(counters, (name) => /_dropped_total(\{|$)/.test(name)),
    skipped,
  };
}

export function createFleetOverview({ leases, queues, book, recurring }: FleetOverviewDeps): FleetOverview {
  function collector(member: WorkingMember): FleetCollector {
    const told = book.lastTwo('collector', member.name);
    return {
      id: member.id,
      name: member.name,
      pid: member.pid,
      sites: member.sites === null ? null : [...member.sites],
      startedAt: new Date(member.startedAt).toISOString(),
      partitions: [...member.partitions],
      load: told ? loadOf(told) : null,
    };
  }

  async function queue(): Promise<Fleet['queue']> {
    const terms = await leases.terms();
    const depths = await Promise.all(terms.map(({ partition }) => queues.depth(pollQueue(partition))));
    const sum = (of: 'waiting' | 'running' | 'failed') => depths.reduce((total, depth) => total + depth[of], 0);
    return { waiting: sum('waiting'), running: sum('running'), failed: sum('failed') };
  }

  return {
    async get() {
      const [members, zones, depth, works] = await Promise.all([
        leases.fleet(),
        leases.zones(),
        queue(),
        recurring.list(),
      ]);
      const hubs = book.reports().filter(({ role }) => role === 'hub');
      const leader = hubs.find(({ counters }) => counters['scheduler_leader'] === 1);
      return {
        collectors: members.map(collector),
        sites: zones.map(({ site, devices, collectors }) => ({ site, devices, collectors })),
        scheduler: {
          entries: leader?.counters['scheduler_entries'] ?? 0,
          unservedPolls: leader?.counters['scheduler_unserved_polls_total'] ?? 0,
        },
        queue: depth,
        recurring: works,
      };
    },
    releaseSite: (site) => leases.dissolveZone(site),
    doNow: (kind, by) => recurring.doNow(kind, by),
  };
}
