import type { Backends } from '#app/backends.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { EnqueuePoll } from '#services/inventory/tasks.ts';
import { createEnqueuePoll } from '#worker/poll-now.ts';
import { createScheduler } from '#worker/scheduler.ts';
import type { Scheduler } from '#worker/scheduler.ts';

export interface SchedulingDeps {
  readonly backends: Pick<Backends, 'stores' | 'leader' | 'leases' | 'queues' | 'bus'>;
  readonly partitions: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
}

/** The part of the hub that gives out work: the scheduler, and the immediate poll that the API asks for. */
export function createScheduling(deps: SchedulingDeps): { scheduler: Scheduler; enqueuePoll: EnqueuePoll } {
  const { backends, partitions, clock, log, tracing } = deps;
  const { stores, leader, leases, queues, bus } = backends;
  const schedule = (deviceIds?: readonly number[]) => stores.devices.schedule(deviceIds);
  return {
    scheduler: createScheduler({
      schedule,
      heldNow: () => leases.heldNow(),
      leader,
      queues,
      bus,
      clock,
      log,
      tracing,
      partitions,
    }),
    enqueuePoll: createEnqueuePoll({ queues, leases, clock, partitions, tracing }),
  };
}
