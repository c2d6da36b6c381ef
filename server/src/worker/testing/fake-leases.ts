import type { Clock } from '#platform/clock.ts';
import type { LeaseStore, Member, Tenure } from '#services/fleet/fleet.ts';

interface Lease {
  holder: string | null;
  until: number;
  from: number;
  term: number;
}

/** What the database does for leases, in memory and by the clock of the test; only what a collector needs. */
export function createFakeLeases(clock: Clock): Pick<LeaseStore, 'beat' | 'release' | 'leave' | 'members'> {
  const seen = new Map<string, { readonly member: Member; readonly until: number }>();
  const leases: Lease[] = [];
  return {
    async beat(member, partitions, ttlMs) {
      const now = clock.now();
      seen.set(member.id, { member, until: now + ttlMs });
      for (const [id, { until }] of seen) if (until < now) seen.delete(id);
      while (leases.length < partitions) leases.push({ holder: null, until: now, from: now, term: 0 });
      const ids = [...seen.keys()].toSorted();
      const rank = ids.indexOf(member.id);
      const share = Math.floor(partitions / ids.length) + (rank < partitions % ids.length ? 1 : 0);
      const mine = () => leases.filter(({ holder }) => holder === member.id);
      for (const lease of mine()) lease.until = now + ttlMs;
      for (const lease of leases) {
        if (mine().length >= share) break;
        if (lease.holder !== null && lease.until >= now) continue;
        lease.from = lease.holder === null ? lease.until : now;
        Object.assign(lease, { holder: member.id, until: now + ttlMs, term: lease.term + 1 });
      }
      const held: Tenure[] = leases.flatMap(({ holder, term, from }, partition) =>
        holder === member.id ? [{ partition, term, from }] : [],
      );
      const excess = held.slice(share).map(({ partition }) => partition);
      return { now, share, members: ids.length, held, excess, partitions };
    },
    async release(id, partitions) {
      for (const partition of partitions) {
        const lease = leases[partition];
        if (lease?.holder === id) Object.assign(lease, { holder: null, until: clock.now() });
      }
    },
    async leave(id) {
      seen.delete(id);
      for (const lease of leases) if (lease.holder === id) Object.assign(lease, { holder: null, until: clock.now() });
    },
    members: async () => [...seen.values()].map(({ member }) => member),
  };
}
