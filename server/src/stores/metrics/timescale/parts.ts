import { inlineInts } from '#stores/metrics/packed/binary.ts';
import type { StoredLayout } from '#stores/metrics/packed/catalogue.ts';

/** Series of a layout lie beside each other, so many in a part: which parts are read, and which of the places in a part. */
export interface Parts {
  readonly condition: string;
  readonly places: readonly number[];
}

/**
 * Where the wanted series of the layouts lie, or all of them. Layouts of one device mostly differ little: parts and places of
 * all of them together ask for few too many.
 */
export function partsOf(
  layouts: readonly StoredLayout[],
  wanted: ReadonlySet<number> | undefined,
  partSize: number,
): Parts {
  const condition = `layout_id = any(${inlineInts(layouts.map((layout) => layout.id))})`;
  if (!wanted) return { condition, places: Array.from({ length: partSize }, (_, k) => k) };
  const positions = layouts.flatMap(({ series }) => series.flatMap((id, i) => (wanted.has(id) ? [i] : [])));
  const parts = [...new Set(positions.map((position) => Math.floor(position / partSize)))];
  const places = [...new Set(positions.map((position) => position % partSize))];
  return { condition: `${condition} and part = any(${inlineInts(parts)})`, places };
}
