import type { Canary } from '@sotp/contract/canary.ts';
import type { Fleet, FleetCollector } from '@sotp/contract/fleet.ts';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { JobQueues } from '#queue/queue.ts';
import { canaryOverview } from '#services/canary/overview.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import { pollQueue } from '#services/telemetry/polls.ts';
import type { LeaseStore, WorkingMember } from '#stores/leases/leases.ts';
import { loadOf } from './load.ts';
import type { Recurring } from './recurring.ts';

export interface FleetOverviewDeps {
  readonly leases: LeaseStore;
  readonly queues: JobQueues;
  readonly book: ProcessBook;
  readonly recurring: Recurring;
  readonly bus: Bus;
}

/** Who works on what, how busy they are, and what waits. */
export interface FleetOverview {
  get(): Promise<Fleet>;
  /** What the hub that leads has told of the canary. */
  canary(): Promise<Canary>;
  /** Jobs of polls, in all partitions that somebody holds. */
  queue(): Promise<Fleet['queue']>;
  /** Gives the devices of a site back to all collectors; false when only it was never theirs alone. */
  releaseSite(site: string): Promise<boolean>;
  /** Has recurring work done now; answers its task. */
  doNow(kind: string, by: string): Promise<{ taskId: string }>;
}

export function createFleetOverview({ leases, queues, book, recurring, bus }: FleetOverviewDeps): FleetOverview {
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
    canary: async () => canaryOverview(book),
    queue,
    async releaseSite(site) {
      const released = await leases.dissolveZone(site);
      // Whoever plans puts its devices elsewhere; by himself he would look only once a minute.
      if (released) bus.publish(BUS_TOPICS.fleet, { site });
      return released;
    },
    doNow: (kind, by) => recurring.doNow(kind, by),
  };
}
