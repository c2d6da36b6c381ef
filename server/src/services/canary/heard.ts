import { z } from 'zod';

/** Message of `BUS_TOPICS.canary`: an alert of the canary has come to where alerts are sent. */
export const CanaryHeard = z.object({ event: z.string().max(20), subject: z.string().max(50) });
export type CanaryHeard = z.infer<typeof CanaryHeard>;
