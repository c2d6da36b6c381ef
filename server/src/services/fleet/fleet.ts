import type { TaskStore } from '#stores/tasks/tasks.ts';

/** How processes share the work: what the worker layer asks of the stores. */
export type { Beat, HeldLease, LeaderLock, Leadership, LeaseStore, Member } from '#stores/leases/leases.ts';
export type { TaskChange } from '#stores/tasks/tasks.ts';

/** Whoever does a task writes how it goes. */
export type TaskWriter = Pick<TaskStore, 'update'>;
