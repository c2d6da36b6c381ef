import type { StoredLayout } from './catalogue.ts';

/** Below this part of a layout's columns it pays to read no more of a poll or a block than what is wanted. */
const NARROW_PART = 1 / 8;
const MIN_WIDTH = 32;

/** The first and the last wanted position of a layout. */
export interface Reach {
  readonly first: number;
  readonly last: number;
}

/** Which part of each wide layout is wanted, by its id; only those of which it is little. */
export function narrowReach(
  layouts: readonly StoredLayout[],
  seriesIds: ReadonlySet<number>,
): ReadonlyMap<number, Reach> {
  const reach = new Map<number, Reach>();
  for (const { id, series } of layouts) {
    const first = series.findIndex((one) => seriesIds.has(one));
    if (first < 0 || series.length < MIN_WIDTH) continue;
    const last = series.findLastIndex((one) => seriesIds.has(one));
    if ((last - first + 1) / series.length <= NARROW_PART) reach.set(id, { first, last });
  }
  return reach;
}
