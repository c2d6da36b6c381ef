import { z } from 'zod';
import { Instant } from './lists.ts';

/** What SOTP finds out about its own ways, by sending samples, lines and alerts through them. */
export const Canary = z.object({
  /** False when it is switched off, or no hub leads that could tell. */
  running: z.boolean(),
  paths: z.array(
    z.object({
      path: z.enum(['metric', 'log', 'alert']),
      /** From sending until it could be read back (or was heard of), over the last five minutes. */
      latencyP50Ms: z.number().nullable(),
      latencyP99Ms: z.number().nullable(),
      /** Of the last minute; the worst collector. */
      lossPercent: z.number(),
      lostLastHour: z.number().int(),
      /** When the newest one was sent that has come through. */
      newestAt: Instant.nullable(),
    }),
  ),
});
export type Canary = z.infer<typeof Canary>;
