import { z } from 'zod';

const MIB = 1024 ** 2;

/** How safe and how large a spool is. */
export const SpoolSettings = z.strictObject({
  sync: z
    .enum(['interval', 'batch'])
    .default('interval')
    .meta({
      about:
        'When what was received is put on the disk itself: at most half a second later (`interval`), or every batch of ' +
        '250 ms at once (`batch`)',
    }),
  megabytes: z
    .number()
    .int()
    .min(16)
    .max(1_048_576)
    .default(1_024)
    .meta({
      about:
        'Megabytes (MiB) that may wait on disk for the database, for samples and for lines each, in every collector process; then ' +
        'the oldest samples and the newest lines give way, and are counted',
    }),
});
export type SpoolSettings = z.infer<typeof SpoolSettings>;

/** What the engine makes of them; `syncMs` is how long undelivered batches may wait for the disk. */
export function spoolLimits({ sync, megabytes }: SpoolSettings): { syncMs?: number; maxBytes: number } {
  return { ...(sync === 'batch' && { syncMs: 0 }), maxBytes: megabytes * MIB };
}
