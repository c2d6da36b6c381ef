import { z } from 'zod';

/** Topics of the WebSocket `/api/v1/stream`. */
export const TOPICS = ['devices', 'samples', 'alerts', 'logs', 'tasks'] as const;
export const Topic = z.enum(TOPICS);
export type Topic = z.infer<typeof Topic>;

export const ClientMessage = z.discriminatedUnion('type', [
  z
    .object({
      type: z.literal('subscribe'),
      id: z.string().min(1).max(64),
      topic: Topic,
      /**
       * `{device}` for devices and samples, `{metric}` for samples, `{task}` for tasks; `{query, device, host, app,
       * severity}` for logs, as in `GET /logs`.
       */
      filter: z.record(z.string(), z.string().max(2_000)).optional(),
    })
    .strict(),
  z.object({ type: z.literal('unsubscribe'), id: z.string().min(1).max(64) }).strict(),
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

export const ServerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('event'), id: z.string(), data: z.unknown() }),
  z.object({ type: z.literal('gap'), id: z.string(), dropped: z.number().int() }),
  z.object({ type: z.literal('error'), id: z.string().nullable(), code: z.string(), message: z.string() }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;

/**
 * Data of a `samples` event: what one poll of one device gave. Counters are raw; a client that wants rates takes the
 * difference of two events by `polledAt` (and drops the first after `restarted`).
 */
export const SamplesEvent = z.object({
  deviceId: z.string(),
  collector: z.string(),
  /** The scheduled instant, epoch ms: the time the samples are stored under. */
  at: z.number(),
  /** The true instant, epoch ms. */
  polledAt: z.number(),
  restarted: z.boolean(),
  samples: z.array(
    z.object({
      metric: z.string(),
      labels: z.record(z.string(), z.string()),
      kind: z.enum(['gauge', 'counter', 'state']),
      unit: z.string().nullable(),
      value: z.number().nullable(),
    }),
  ),
});
export type SamplesEvent = z.infer<typeof SamplesEvent>;

/** Data of a `devices` event: which device changed, and what kind of change; the client fetches it anew. */
export const DeviceEvent = z.object({
  deviceId: z.string(),
  change: z.enum(['created', 'updated', 'removed', 'status', 'facts', 'polled']),
  status: z.string().optional(),
});
export type DeviceEvent = z.infer<typeof DeviceEvent>;
