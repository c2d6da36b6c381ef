import type { Page } from '@sotp/contract/lists.ts';
import { AppError } from '#platform/errors.ts';

const NUMBER = /^\d{1,15}$/;

/** An id that callers hold as opaque text, as the number it is; undefined for what can be no id. */
export function parseId(id: string): number | undefined {
  return NUMBER.test(id) ? Number(id) : undefined;
}

/** The id behind a list's cursor; throws `bad_request` for a cursor that no list has given out. */
export function parseCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const id = parseId(cursor);
  if (id === undefined) {
    throw new AppError('bad_request', 'cursor is not one that this list has given: start without a cursor.');
  }
  return id;
}

/** A page from `limit + 1` rows: the row too many says that there is a next page. */
export function pageAfter<Row extends { readonly id: number }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > limit && last ? String(last.id) : null };
}
