import type { Task } from '@sotp/contract/devices.ts';
import type { ErrorCode } from '@sotp/contract/errors.ts';

export type TaskState = Task['state'];

/** Long work that somebody started and may look at later. Times are epoch ms. */
export interface StoredTask {
  readonly id: string;
  readonly kind: string;
  readonly state: TaskState;
  /** 0 to 1. */
  readonly progress: number;
  readonly deviceId: number | null;
  /** Null for none, and for one that is no more. */
  readonly deviceName: string | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** The process that does it, or did it last. */
  readonly worker: string | null;
  readonly retryOf: string | null;
  readonly result: unknown;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
}

export interface NewTask {
  readonly kind: string;
  readonly deviceId: number | null;
  readonly createdBy: string;
  readonly retryOf?: string;
}

export interface TaskFilter {
  readonly state?: TaskState | undefined;
  readonly kind?: string | undefined;
}

export interface TaskChange {
  readonly state?: TaskState;
  readonly worker?: string;
  readonly progress?: number;
  readonly result?: unknown;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

export interface TaskStore {
  create(task: NewTask): Promise<StoredTask>;
  get(id: string): Promise<StoredTask | undefined>;
  /** Newest first; `after` is the last one of the page before. */
  list(filter: TaskFilter, after: string | undefined, limit: number): Promise<StoredTask[]>;
  /** Sets `startedAt` when it runs and `finishedAt` when the new state is a final one. A task in a final state stays as it is: false. */
  update(id: string, change: TaskChange): Promise<boolean>;
  /** Drops tasks that ended before `before`; called by housekeeping. */
  prune(before: number): Promise<number>;
}
