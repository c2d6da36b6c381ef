import { CronExpressionParser } from 'cron-parser';
import type { RecurringWork } from '@sotp/contract/fleet.ts';
import type { Bus } from '#bus/bus.ts';
import { BUS_TOPICS } from '#bus/bus.ts';
import type { Clock } from '#platform/clock.ts';
import { AppError, toAppError } from '#platform/errors.ts';
import type { Component } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { toTask } from '#services/inventory/tasks.ts';
import type { TaskStore } from '#stores/tasks/tasks.ts';

/** Work that comes back by the clock. */
export interface RecurringJob {
  /** The kind of its tasks: `backup`. */
  readonly kind: string;
  readonly title: string;
  /** Five fields of cron, in the time zone of this machine. */
  readonly cron: string;
  /** Answers the result that the task shows. */
  run(signal: AbortSignal): Promise<unknown>;
}

export interface RecurringDeps {
  readonly jobs: readonly RecurringJob[];
  readonly tasks: TaskStore;
  /** Done once for all hubs: by the one that leads. */
  readonly leads: () => boolean;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** Where it runs, for people. */
  readonly worker: string;
}

export interface Recurring extends Component {
  list(): Promise<RecurringWork[]>;
  /** Has it done now, here; answers the task. Throws `conflict` while it is being done. */
  doNow(kind: string, by: string): Promise<{ taskId: string }>;
}

type Outcome = Parameters<TaskStore['update']>[1];

/** However far the next instant is, the clock may be set meanwhile. */
const LOOK_EVERY_MS = 20_000;

/** The next instant of a cron expression after one, epoch ms; in the zone of this machine, summer time minded. */
export function nextAfter(cron: string, after: number): number {
  return CronExpressionParser.parse(cron, { currentDate: new Date(after) })
    .next()
    .getTime();
}

/** Does work by the clock, each run a task. What came due while no hub ran, or the clock jumped, is done once. */
export function createRecurring(deps: RecurringDeps): Recurring {
  const { jobs, tasks, leads, bus, clock, log, worker } = deps;
  const running = new Map<string, AbortController>();
  const ending = new Set<Promise<void>>();
  const unwritten = new Map<string, Outcome>();
  let since = clock.now();
  let buried = false;
  let stopping = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  let unsubscribe: (() => Promise<void>) | undefined;

  const lastOf = async (kind: string) => (await tasks.list({ kind }, undefined, 1))[0];

  async function nextOf(job: RecurringJob): Promise<number> {
    const last = await lastOf(job.kind);
    return nextAfter(job.cron, last?.createdAt ?? since);
  }

  /** A task whose end cannot be written, because the database is away, has it written as soon as that is back. */
  async function end(taskId: string, how: Outcome): Promise<void> {
    try {
      await tasks.update(taskId, how);
      unwritten.delete(taskId);
      bus.publish(BUS_TOPICS.tasks, { taskId });
    } catch (thrown) {
      if (!unwritten.has(taskId)) log.warn({ taskId, err: toAppError(thrown).message }, 'the end of a task waits');
      unwritten.set(taskId, how);
    }
  }

  async function perform(job: RecurringJob, taskId: string, controller: AbortController): Promise<void> {
    try {
      await tasks.update(taskId, { state: 'running', worker });
      bus.publish(BUS_TOPICS.tasks, { taskId });
      const result = await job.run(controller.signal);
      await end(taskId, { state: 'done', progress: 1, result });
    } catch (thrown) {
      const { code, message } = toAppError(thrown);
      if (!controller.signal.aborted) log.error({ kind: job.kind, code, err: message }, 'recurring work failed');
      await end(taskId, { state: 'failed', error: { code, message } });
    } finally {
      running.delete(taskId);
    }
  }

  async function begin(job: RecurringJob, by: string): Promise<string> {
    const last = await lastOf(job.kind);
    if (last && running.has(last.id)) {
      throw new AppError('conflict', `“${job.title}” is being done already: see its task.`);
    }
    const { id } = await tasks.create({ kind: job.kind, deviceId: null, createdBy: by });
    const controller = new AbortController();
    running.set(id, controller);
    const done = perform(job, id, controller);
    ending.add(done);
    void done.finally(() => ending.delete(done));
    return id;
  }

  /** What a process of this name was doing when it was killed, nobody does any more. */
  async function bury(): Promise<void> {
    for (const { kind } of jobs) {
      const last = await lastOf(kind);
      if (last?.state !== 'running' || last.worker !== worker || running.has(last.id)) continue;
      const message = 'The hub that did it ended meanwhile: have it done once more.';
      await end(last.id, { state: 'failed', error: { code: 'shutting_down', message } });
    }
    buried = true;
  }

  async function look(): Promise<void> {
    if (!buried) await bury().catch((error: unknown) => log.debug({ err: error }, 'tasks cannot be looked at'));
    for (const [taskId, how] of unwritten) await end(taskId, how);
    if (!leads()) return;
    for (const job of jobs) {
      try {
        if ((await nextOf(job)) <= clock.now()) await begin(job, 'schedule');
      } catch (thrown) {
        const { code, message } = toAppError(thrown);
        if (code !== 'conflict') log.warn({ kind: job.kind, code, err: message }, 'recurring work could not be begun');
      }
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
      if (!signal.aborted) await look();
    }
  }

  /** A task that somebody cancelled is stopped where it runs. */
  async function onTask(message: unknown): Promise<void> {
    const taskId = typeof message === 'object' && message && 'taskId' in message ? String(message.taskId) : '';
    const controller = running.get(taskId);
    if (!controller) return;
    if ((await tasks.get(taskId))?.state !== 'cancelled') return;
    controller.abort(new AppError('conflict', 'It was cancelled.'));
  }

  return {
    name: 'recurring work',
    list: () =>
      Promise.all(
        jobs.map(async (job): Promise<RecurringWork> => {
          const { kind, title, cron } = job;
          const last = await lastOf(kind);
          return {
            kind,
            title,
            cron,
            nextAt: new Date(await nextOf(job)).toISOString(),
            last: last ? toTask(last) : null,
          };
        }),
      ),
    async doNow(kind, by) {
      const job = jobs.find((known) => known.kind === kind);
      if (!job) throw new AppError('not_found', `There is no recurring work “${kind}”: it may not be configured.`);
      return { taskId: await begin(job, by) };
    },
    async start() {
      stopping = new AbortController();
      since = clock.now();
      buried = false;
      unsubscribe = await bus.subscribe(BUS_TOPICS.tasks, (message) => {
        onTask(message).catch((error: unknown) => log.debug({ err: error }, 'a task could not be looked at'));
      });
      loop = run(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await loop;
      await unsubscribe?.();
      for (const controller of running.values()) {
        controller.abort(new AppError('shutting_down', 'SOTP is shutting down.'));
      }
      await Promise.all(ending);
    },
  };
}
