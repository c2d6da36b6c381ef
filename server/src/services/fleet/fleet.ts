/** How processes share the work: what the worker layer asks of the store. */
export type { HeldLease, LeaderLock, Leadership, LeaseStore, Member, Tenure } from '#stores/leases/leases.ts';
