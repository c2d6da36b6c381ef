import { z } from 'zod';

/** The configuration slice `mibs`. */
export const MibSettings = z.strictObject({
  folders: z.array(z.string().min(1)).default([]).meta({
    about: 'Folders of MIB files, read besides the standard names; `sotp mib check` tells what is wrong in them',
  }),
});
export type MibSettings = z.infer<typeof MibSettings>;
