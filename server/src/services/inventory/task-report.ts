import { BUS_TOPICS } from '#bus/bus.ts';
import type { Bus } from '#bus/bus.ts';
import type { Log } from '#platform/log.ts';
import type { CollectorRun } from '#stores/devices/devices.ts';
import type { TaskStore } from '#stores/tasks/tasks.ts';

/**
 * What a runner tells of a poll that somebody asked for: null when it begins, its outcomes when it has ended. Answers
 * false when the poll is not wanted any more.
 */
export type PollReport = (
  taskId: string,
  outcomes: readonly { readonly run: CollectorRun }[] | null,
) => Promise<boolean>;

/** No poll was made: one that was done is not to be told. */
const NOTHING_POLLED = {
  code: 'conflict',
  message:
    'It was not polled: a poll of it was under way or too short ago, or its settings changed meanwhile. Try again.',
} as const;

/** Keeps the task of a poll up to date and tells those who watch it. A fault in it is logged; the poll went well anyway. */
export function createPollReport(deps: {
  readonly tasks: Pick<TaskStore, 'update'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly log: Log;
  readonly worker: string;
}): PollReport {
  const { tasks, bus, log, worker } = deps;

  async function write(taskId: string, outcomes: Parameters<PollReport>[1]): Promise<boolean> {
    let wanted = true;
    if (outcomes === null) {
      wanted = await tasks.update(taskId, { state: 'running', worker });
    } else {
      const runs = outcomes.map(({ run }) => ({
        collector: run.name,
        up: run.up,
        durationMs: run.durationMs,
        error: run.error,
      }));
      const answered = runs.some(({ up }) => up);
      const error = runs.length === 0 ? NOTHING_POLLED : runs.find((run) => run.error !== null)?.error;
      await tasks.update(taskId, {
        state: answered || !error ? 'done' : 'failed',
        progress: 1,
        result: { collectors: runs },
        ...(answered || !error ? {} : { error }),
      });
    }
    bus.publish(BUS_TOPICS.tasks, { taskId });
    return wanted;
  }

  return async (taskId, outcomes) => {
    try {
      return await write(taskId, outcomes);
    } catch (error) {
      log.warn({ err: error, task: taskId }, 'a task was not updated');
      return true;
    }
  };
}
