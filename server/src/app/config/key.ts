import type { z } from 'zod';

/** What a key is for, and whether its value may be shown. Kept beside the key; the reference page is made from it. */
export interface KeyMeta {
  readonly about: string;
  readonly secret?: boolean;
  /** A variable of a standard that means the same; ours goes before it. */
  readonly standardEnv?: string;
  /** Shown instead of the default when that depends on the machine. */
  readonly defaultText?: string;
}

/** A schema with what is said of it. */
export function key<T extends z.ZodType>(schema: T, about: string, more: Omit<KeyMeta, 'about'> = {}): T {
  return schema.meta({ about, ...more });
}
