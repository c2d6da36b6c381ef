import type { Queryable } from '#stores/postgres/postgres.ts';
import { inlineInstant, inlineInts, readTuples } from './binary.ts';
import { readBlocks, toPollBlock } from './blocks.ts';
import type { BlockSelection, StoredBlock } from './blocks.ts';
import type { StoredLayout } from './catalogue.ts';
import { blockOf, decodeHead, extentOf } from './codec.ts';
import { PACKED } from './partitions.ts';
import type { PollBlock } from './timeline.ts';

/** One piece of what PostgreSQL keeps a long value in: the head of most blocks lies in the first. */
const HEAD_BYTES = 1_990;
/** Below this part of a layout's columns it pays to fetch a slice of each block, in a second round trip. */
const SLICE_PART = 1 / 8;
const MIN_WIDTH = 32;

/** The first and the last wanted position of a layout. */
interface Reach {
  readonly first: number;
  readonly last: number;
}

function reachOf(layout: StoredLayout, seriesIds: ReadonlySet<number>): Reach | undefined {
  const first = layout.series.findIndex((id) => seriesIds.has(id));
  const last = layout.series.findLastIndex((id) => seriesIds.has(id));
  return first < 0 ? undefined : { first, last };
}

/** Packed polls by device; of wide layouts of which little is wanted, only that. */
export async function readPacked(
  pg: Queryable,
  layouts: readonly StoredLayout[],
  seriesIds: ReadonlySet<number>,
  span: { readonly from: number; readonly to: number },
): Promise<Map<number, PollBlock[]>> {
  const reach = new Map<number, Reach>();
  for (const layout of layouts) {
    const found = reachOf(layout, seriesIds);
    const isNarrow = found && (found.last - found.first + 1) / layout.series.length <= SLICE_PART;
    if (found && isNarrow && layout.series.length >= MIN_WIDTH) reach.set(layout.id, found);
  }
  const whole = layouts.filter((layout) => !reach.has(layout.id));
  const sliced = layouts.filter((layout) => reach.has(layout.id));
  const select = (some: readonly StoredLayout[]): BlockSelection => ({
    deviceIds: [...new Set(some.map((layout) => layout.deviceId))],
    layoutIds: some.map((layout) => layout.id),
    ...span,
  });
  const blocks: { deviceId: number; block: PollBlock }[] = [];
  if (sliced.length > 0) blocks.push(...(await readSlices(pg, select(sliced), reach)));
  if (whole.length > 0) {
    for (const stored of await readBlocks(pg, PACKED, select(whole))) {
      // Those that only say "restarted" may have come with the slices already.
      if (reach.has(stored.layoutId)) continue;
      blocks.push({ deviceId: stored.deviceId, block: toPollBlock(stored) });
    }
  }
  return new Map(
    [...Map.groupBy(blocks, ({ deviceId }) => deviceId)].map(([id, own]) => [id, own.map(({ block }) => block)]),
  );
}

async function readSlices(
  pg: Queryable,
  selection: BlockSelection,
  reach: ReadonlyMap<number, Reach>,
): Promise<{ deviceId: number; block: PollBlock }[]> {
  const heads = await readBlocks(pg, PACKED, selection, HEAD_BYTES);
  const wanted = heads.map((stored) => {
    const head = decodeHead(stored.block);
    const { first, last } = reach.get(stored.layoutId) ?? { first: 0, last: -1 };
    // A restart in another layout is all that is wanted of a block without a reach.
    const extent = head && (last < 0 ? { from: 0, to: 0 } : extentOf(head, first, Math.min(last, head.width - 1)));
    return { stored, head, from: extent?.from ?? 0, to: extent?.to ?? 2 ** 30 };
  });
  const missing = wanted.filter(({ stored, to }) => to > stored.block.length);
  const fetched = await fetchSlices(pg, missing);
  return wanted.map(({ stored, head, from, to }) => {
    const bytes = to > stored.block.length ? (fetched.get(stored) ?? Buffer.alloc(0)) : stored.block.subarray(from, to);
    const { deviceId, layoutId } = stored;
    const block = head ? { ...blockOf(head, bytes, from), layoutId } : toPollBlock({ ...stored, block: bytes });
    return { deviceId, block };
  });
}

async function fetchSlices(
  pg: Queryable,
  slices: readonly { readonly stored: StoredBlock; readonly from: number; readonly to: number }[],
): Promise<Map<StoredBlock, Buffer>> {
  if (slices.length === 0) return new Map();
  const starts = slices.map(({ stored }) => inlineInstant(stored.start)).join();
  const data = await pg.copyOut(
    `copy (select w.n, b.bytes from unnest(
         ${inlineInts(slices.map(({ stored }) => stored.deviceId))}, ${inlineInts(slices.map(({ stored }) => stored.layoutId))},
         array[${starts}], ${inlineInts(slices.map(({ from }) => from + 1))}, ${inlineInts(slices.map(({ from, to }) => to - from))}
       ) with ordinality as w (device_id, layout_id, start, first, length, n)
       cross join lateral (
         select substr(p.block, w.first, w.length) as bytes from metric_packed p
         where p.device_id = w.device_id and p.layout_id = w.layout_id and p.start = w.start
         limit 1) b) to stdout (format binary)`,
  );
  const found = new Map<StoredBlock, Buffer>();
  for (const [index, bytes] of readTuples(data, ([n, part]) => [n!.readInt32BE(4) - 1, part!] as const)) {
    const slice = slices[index];
    if (slice) found.set(slice.stored, bytes);
  }
  return found;
}
