import { partitionOf } from '#domain/partition.ts';
import { AppError } from '#platform/errors.ts';
import { noTracing } from '#platform/tracing.ts';
import type { Tracing } from '#platform/tracing.ts';
import type { Clock } from '#platform/clock.ts';
import type { JobQueues } from '#queue/queue.ts';
import type { LeaseStore } from '#services/fleet/fleet.ts';
import type { EnqueuePoll } from '#services/inventory/tasks.ts';
import { pollQueue } from '#services/telemetry/polls.ts';
import type { PollJob } from '#services/telemetry/polls.ts';

/** Hands an immediate poll of a device, by all its collectors, to whoever works its partition. */
export function createEnqueuePoll(deps: {
  queues: JobQueues;
  leases: Pick<LeaseStore, 'zoneOf'>;
  clock: Clock;
  partitions: number;
  tracing?: Tracing;
}): EnqueuePoll {
  const { tracing = noTracing } = deps;
  return async ({ deviceId, site, collectors, taskId }) => {
    const { zone, served } = await deps.leases.zoneOf(site);
    // A zone may be without a collector for days; one that any collector serves is soon served again, and the poll waits.
    if (zone !== 0 && !served) {
      const sentence = `No collector serves the site “${site}”, so nobody can poll the device now.`;
      throw new AppError('no_collector', sentence, { retryable: true });
    }
    const job: PollJob = {
      base: Math.floor(deps.clock.now()),
      urgent: true,
      ...(taskId === undefined ? {} : { taskId }),
      trace: tracing.here(),
      groups: collectors.map(({ name, intervalSeconds }) => ({
        collector: name,
        intervalMs: intervalSeconds * 1_000,
        items: [deviceId, 0],
      })),
    };
    const queue = pollQueue(partitionOf(deviceId, deps.partitions, zone));
    await deps.queues.add(queue, [{ name: 'poll now', data: job, urgent: true }]);
  };
}
