import { z } from 'zod';

/** The configuration slice `canary`. */
export const CanarySettings = z.strictObject({
  enabled: z.enum(['yes', 'no']).default('yes').meta({
    about:
      'Whether SOTP watches its own ways: each collector process sends a sample and ten lines a second, the hub an alert a minute',
  }),
  maxLossPercent: z.number().min(0.1).max(100).default(1).meta({
    about: 'Alert when so many percent of them are lost, over the last minute or the last eight seconds',
  }),
  maxLatencySeconds: z.number().min(1).max(3_600).default(10).meta({
    about: 'Alert when one in a hundred takes longer than this to come through',
  }),
});
export type CanarySettings = z.infer<typeof CanarySettings>;
