import { z } from 'zod';
import { Instant } from './lists.ts';

/** What is wrong, or read past, at a line of a profile. */
export const FileProblem = z.object({ file: z.string(), line: z.number().int(), message: z.string() });
export type FileProblem = z.infer<typeof FileProblem>;

export const ProfileFolder = z.object({
  path: z.string(),
  files: z.number().int(),
  /** Profiles that serve: files, and modules of Prometheus files, without an error. */
  profiles: z.number().int(),
  /** Files with one of these are left out; the others serve on. */
  problems: z.array(FileProblem),
  /** Parts of other products' files that SOTP reads past. */
  notes: z.array(FileProblem),
});
export type ProfileFolder = z.infer<typeof ProfileFolder>;

/** `GET /profiles`: the operator's folders of device profiles. */
export const ProfileReport = z.object({
  /** When they were last read; null where no collector reads profiles. */
  readAt: Instant.nullable(),
  /** Files that SOTP brings along. */
  shipped: z.number().int(),
  folders: z.array(ProfileFolder),
});
export type ProfileReport = z.infer<typeof ProfileReport>;
