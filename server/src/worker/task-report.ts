import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Log } from '#platform/log.ts';
import type { PollOutcome } from '#services/telemetry/ingest.ts';
import type { TaskChange, TaskWriter } from '#services/fleet/fleet.ts';

export interface TaskReportDeps {
  readonly tasks: TaskWriter;
  readonly bus: Bus;
  readonly log: Log;
}

/** Tells whoever watches a poll's task how it goes: null when it begins, the outcomes when it is done. */
export function createTaskReport({ tasks, bus, log }: TaskReportDeps) {
  async function write(taskId: string, change: TaskChange): Promise<void> {
    try {
      await tasks.update(taskId, change);
      bus.publish(BUS_TOPICS.tasks, { taskId, state: change.state, progress: change.progress });
    } catch (err) {
      log.debug({ err }, 'a task could not be updated');
    }
  }
  // One after the other, so that "running" never overwrites "done".
  let last: Promise<void> = Promise.resolve();
  return (taskId: string, outcomes: readonly PollOutcome[] | null): void => {
    const change: TaskChange =
      outcomes === null
        ? { state: 'running', progress: 0 }
        : {
            state: 'done',
            progress: 1,
            result: {
              collectors: outcomes.map(({ run }) => ({
                name: run.name,
                up: run.up,
                durationMs: run.durationMs,
                error: run.error,
              })),
            },
          };
    last = last.then(() => write(taskId, change));
  };
}
