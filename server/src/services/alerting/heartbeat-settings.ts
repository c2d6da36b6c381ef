import { z } from 'zod';

/** The configuration slice `heartbeat`. */
export const HeartbeatSettings = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'a URL like https://hc.example.net/ping/…' })
    .optional()
    .meta({
      about:
        'Address of a dead man’s switch outside: it is asked as long as polls are planned, a collector runs, and what is collected comes through; when it hears nothing, it tells you',
      secret: true,
      defaultText: 'none',
    }),
  method: z.enum(['POST', 'GET']).default('POST').meta({ about: 'How that address is asked' }),
  intervalSeconds: z.number().int().min(10).max(86_400).default(60).meta({ about: 'How often' }),
});
export type HeartbeatSettings = z.infer<typeof HeartbeatSettings>;
