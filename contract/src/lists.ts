import { z } from 'zod';

/** An opaque identifier; callers store and send it back, and read nothing into it. */
export const Id = z.string().min(1).max(64);

/** RFC 3339 in UTC, as `2026-11-23T16:07:19.123Z`. */
export const Instant = z.iso.datetime();

/** `?limit=&cursor=` of every list. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(500).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** `{items, nextCursor}` of every list; `nextCursor` is null on the last page. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
export type Page<T> = { items: T[]; nextCursor: string | null };
