import type { Task } from '@sotp/contract/devices.ts';
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
}

export interface TasksDeps {
  tasks: TaskStore;
  devices: Devices;
  audit: Audit;
  enqueuePoll: EnqueuePoll;
}

function toTask(task: StoredTask): Task {
  return {
    id: task.id,
    kind: task.kind,
    state: task.state,
    progress: task.progress,
    createdAt: new Date(task.createdAt).toISOString(),
    finishedAt: task.finishedAt === null ? null : new Date(task.finishedAt).toISOString(),
    ...(task.result === undefined ? {} : { result: task.result }),
    ...(task.error === null ? {} : { error: { ...task.error } }),
  };
}

export function createTasks({ tasks, devices, audit, enqueuePoll }: TasksDeps): Tasks {
  return {
    async poll(actor, deviceId) {
      const device = await devices.find(actor, deviceId);
      if (device.disabled) {
        throw new AppError('conflict', `“${device.name}” is disabled: enable it before it can be polled.`);
      }
      if (device.collectors.length === 0) {
        throw new AppError('conflict', `“${device.name}” has no collectors: there is nothing to poll it with.`);
      }
      const task = await tasks.create({ kind: 'device.poll', deviceId: device.id, createdBy: actor.name });
      try {
        await enqueuePoll({ deviceId: device.id, site: device.site, collectors: device.collectors, taskId: task.id });
      } catch (error) {
        const { code, message } = toAppError(error);
        await tasks.update(task.id, { state: 'failed', error: { code, message } });
        throw error;
      }
      await audit.record(actor, 'device.poll', `device/${device.id}`, { name: device.name, task: task.id });
      return { taskId: task.id };
    },
    async get(actor, id) {
      const task = await tasks.get(id);
      if (!task) throw new AppError('not_found', 'There is no such task.');
      // Whoever may not see the device may not see what was done to it; one that is gone is nobody's but all-seers'.
      if (actor.scope !== null) {
        if (task.deviceId === null) throw new AppError('not_found', 'There is no such task.');
        await devices.find(actor, String(task.deviceId)).catch((cause: unknown) => {
          throw new AppError('not_found', 'There is no such task.', { cause });
        });
      }
      return toTask(task);
    },
  };
}
