import type { Task } from '@sotp/contract/devices.ts';
import type { TaskQuery } from '@sotp/contract/fleet.ts';
import type { Page } from '@sotp/contract/lists.ts';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { Actor } from '#services/access/actor.ts';
import type { Audit } from '#services/access/audit.ts';
import type { StoredTask, TaskStore } from '#stores/tasks/tasks.ts';
import type { Devices } from './devices.ts';

/** Hands a device's poll to whoever does it: all its collectors, at once. */
export type EnqueuePoll = (device: {
  deviceId: number;
  site: string | null;
  collectors: readonly PollOf[];
  /** The task to report to, when somebody watches. */
  taskId?: string;
}) => Promise<void>;
export interface PollOf {
  readonly name: string;
  readonly intervalSeconds: number;
}

/** Work that somebody started and can look after. */
export interface Tasks {
  /** Has the device polled now; answers the task to watch. */
  poll(actor: Actor, deviceId: string): Promise<{ taskId: string }>;
  get(actor: Actor, id: string): Promise<Task>;
  /** Newest first; for those who see all sites. */
  list(query: TaskQuery): Promise<Page<Task>>;
  /** Does once more what a task that is over did; answers the new task. */
  retry(actor: Actor, id: string): Promise<{ taskId: string }>;
  /** Takes back a task that waits, or stops one that can be stopped; throws `conflict` for any other. */
  cancel(actor: Actor, id: string): Promise<Task>;
}

export interface TasksDeps {
  tasks: TaskStore;
  devices: Devices;
  audit: Audit;
  enqueuePoll: EnqueuePoll;
  bus: Bus;
}

/** The kind of an immediate poll. */
const POLL = 'device.poll';
const FINAL = new Set<Task['state']>(['done', 'failed', 'cancelled']);

const instant = (at: number | null) => (at === null ? null : new Date(at).toISOString());

/** A task as the API shows it. */
export function toTask(task: StoredTask): Task {
  return {
    id: task.id,
    kind: task.kind,
    state: task.state,
    progress: task.progress,
    deviceId: task.deviceId === null ? null : String(task.deviceId),
    deviceName: task.deviceName,
    createdBy: task.createdBy,
    worker: task.worker,
    retryOf: task.retryOf,
    createdAt: new Date(task.createdAt).toISOString(),
    startedAt: instant(task.startedAt),
    finishedAt: instant(task.finishedAt),
    ...(task.result === undefined ? {} : { result: task.result }),
    ...(task.error === null ? {} : { error: { ...task.error } }),
  };
}

export function createTasks({ tasks, devices, audit, enqueuePoll, bus }: TasksDeps): Tasks {
  async function poll(actor: Actor, deviceId: string, retryOf?: string): Promise<{ taskId: string }> {
    const device = await devices.find(actor, deviceId);
    if (device.disabled) {
      throw new AppError('conflict', `“${device.name}” is disabled: enable it before it can be polled.`);
    }
    if (device.collectors.length === 0) {
      throw new AppError('conflict', `“${device.name}” has no collectors: there is nothing to poll it with.`);
    }
    const again = retryOf === undefined ? {} : { retryOf };
    const task = await tasks.create({ kind: POLL, deviceId: device.id, createdBy: actor.name, ...again });
    try {
      await enqueuePoll({ deviceId: device.id, site: device.site, collectors: device.collectors, taskId: task.id });
    } catch (error) {
      const { code, message } = toAppError(error);
      await tasks.update(task.id, { state: 'failed', error: { code, message } });
      throw error;
    }
    await audit.record(actor, POLL, `device/${device.id}`, { name: device.name, task: task.id });
    bus.publish(BUS_TOPICS.tasks, { taskId: task.id });
    return { taskId: task.id };
  }

  async function find(actor: Actor, id: string): Promise<StoredTask> {
    const task = await tasks.get(id);
    if (!task) throw new AppError('not_found', 'There is no such task.');
    // Whoever may not see the device may not see what was done to it; one that is gone is nobody's but all-seers'.
    if (actor.scope !== null) {
      if (task.deviceId === null) throw new AppError('not_found', 'There is no such task.');
      await devices.find(actor, String(task.deviceId)).catch((cause: unknown) => {
        throw new AppError('not_found', 'There is no such task.', { cause });
      });
    }
    return task;
  }

  return {
    poll: (actor, deviceId) => poll(actor, deviceId),
    get: async (actor, id) => toTask(await find(actor, id)),
    async list({ state, kind, cursor, limit }) {
      const rows = await tasks.list({ state, kind }, cursor, limit + 1);
      const items = rows.slice(0, limit).map(toTask);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
    async retry(actor, id) {
      const task = await find(actor, id);
      if (!FINAL.has(task.state)) throw new AppError('conflict', 'The task is not over yet: cancel it, or wait.');
      if (task.kind !== POLL || task.deviceId === null) {
        throw new AppError('conflict', 'A task of this kind cannot be repeated from here.');
      }
      return poll(actor, String(task.deviceId), task.id);
    },
    async cancel(actor, id) {
      const task = await find(actor, id);
      if (FINAL.has(task.state)) throw new AppError('conflict', 'The task is over already.');
      if (task.state === 'running' && task.kind === POLL) {
        throw new AppError('conflict', 'The poll is under way; it ends by itself within half a minute.');
      }
      await tasks.update(id, { state: 'cancelled' });
      bus.publish(BUS_TOPICS.tasks, { taskId: id });
      await audit.record(actor, 'task.cancel', `task/${id}`, { kind: task.kind });
      return toTask(await find(actor, id));
    },
  };
}
