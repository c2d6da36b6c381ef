import { partitionOf } from '#domain/partition.ts';
import type { Clock } from '#platform/clock.ts';
import type { JobQueues } from '#queue/queue.ts';
import type { EnqueuePoll } from '#services/inventory/tasks.ts';
import { pollQueue } from '#services/telemetry/polls.ts';
import type { PollJob } from '#services/telemetry/polls.ts';

/** Hands an immediate poll of a device, by all its collectors, to whoever works its partition. */
export function createEnqueuePoll(deps: { queues: JobQueues; clock: Clock; partitions: number }): EnqueuePoll {
  return async ({ deviceId, collectors, taskId }) => {
    const job: PollJob = {
      base: Math.floor(deps.clock.now()),
      urgent: true,
      taskId,
      groups: collectors.map(({ name, intervalSeconds }) => ({
        collector: name,
        intervalMs: intervalSeconds * 1_000,
        items: [deviceId, 0],
      })),
    };
    const queue = pollQueue(partitionOf(deviceId, deps.partitions));
    await deps.queues.add(queue, [{ name: 'poll now', data: job, urgent: true }]);
  };
}
