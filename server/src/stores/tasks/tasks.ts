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
  readonly createdBy: string;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly result: unknown;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
}

export interface NewTask {
  readonly kind: string;
  readonly deviceId: number | null;
  readonly createdBy: string;
}

export interface TaskChange {
  readonly state?: TaskState;
  readonly progress?: number;
  readonly result?: unknown;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

export interface TaskStore {
  create(task: NewTask): Promise<StoredTask>;
  get(id: string): Promise<StoredTask | undefined>;
  /** Newest first; `before` is a `createdAt`. */
  list(before: number | undefined, limit: number): Promise<StoredTask[]>;
  /** Sets `finishedAt` when the new state is a final one. A task in a final state stays as it is: false. */
  update(id: string, change: TaskChange): Promise<boolean>;
  /** Drops tasks that ended before `before`; called by housekeeping. */
  prune(before: number): Promise<number>;
}
