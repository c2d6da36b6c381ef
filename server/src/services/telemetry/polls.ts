import { z } from 'zod';

/** The queue of a partition's polls. */
export function pollQueue(partition: number): string {
  return `polls-${partition}`;
}

/**
 * A job of polls: all that is due in one tick for one partition. `items` alternates device id and offset in ms from
 * `base` (epoch ms of the shared clock), so ten thousand polls stay a small document.
 */
export const PollJob = z.object({
  base: z.number(),
  groups: z.array(
    z.object({
      collector: z.string(),
      intervalMs: z.number().int().positive(),
      items: z.array(z.number()),
    }),
  ),
  /** Asked for by a person or by a change: runs even when the regular slot is near. */
  urgent: z.boolean().optional(),
  /** The task to report to. */
  taskId: z.string().optional(),
  /** What it is a part of: see `Tracing.here`. */
  trace: z.string().max(64).optional(),
});
export type PollJob = z.infer<typeof PollJob>;

/** Message of the bus topic `device-changed`. */
export const DeviceChanged = z.object({ deviceId: z.coerce.number().int() });
