import type { Queryable } from '#stores/postgres/postgres.ts';
import { inlineInstant, inlineInts, readTuples } from './binary.ts';
import { readBlocks, toPollBlock } from './blocks.ts';
import type { BlockSelection, StoredBlock } from './blocks.ts';
import type { StoredLayout } from './catalogue.ts';
import { blockOf, decodeHead, extentOf } from './codec.ts';
import { POLLS } from './partitions.ts';
import type { PollBlock } from './timeline.ts';

/** Pieces of what PostgreSQL keeps a long value in: the head of most hours lies in the first, of most days in three. */
const HEAD_BYTES = { hours: 1_990, days: 5_980 };
/** Blocks may be written anew between the two round trips of a slice; then all is read again. */
const TRIES = 4;
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
  const blocks: DeviceBlock[] = [];
  for (let tries = 1; sliced.length > 0; tries++) {
    const slices = tries < TRIES ? await readSlices(pg, select(sliced), reach) : await readWhole(pg, select(sliced));
    if (!slices) continue;
    blocks.push(...slices);
    break;
  }
  if (whole.length > 0) {
    for (const stored of await readBlocks(pg, POLLS, select(whole))) {
      // Those that only say "restarted" may have come with the slices already.
      if (reach.has(stored.layoutId)) continue;
      blocks.push({ deviceId: stored.deviceId, block: toPollBlock(stored) });
    }
  }
  return new Map(
    [...Map.groupBy(blocks, ({ deviceId }) => deviceId)].map(([id, own]) => [id, own.map(({ block }) => block)]),
  );
}

type DeviceBlock = { deviceId: number; block: PollBlock };

async function readWhole(pg: Queryable, selection: BlockSelection): Promise<DeviceBlock[]> {
  const stored = await readBlocks(pg, POLLS, selection);
  return stored.map((one) => ({ deviceId: one.deviceId, block: toPollBlock(one) }));
}

/** Undefined when a block was written anew meanwhile. */
async function readSlices(
  pg: Queryable,
  selection: BlockSelection,
  reach: ReadonlyMap<number, Reach>,
): Promise<DeviceBlock[] | undefined> {
  const heads = await readBlocks(pg, POLLS, selection, HEAD_BYTES);
  const wanted = heads.map((stored) => {
    const head = decodeHead(stored.block);
    const { first, last } = reach.get(stored.layoutId) ?? { first: 0, last: -1 };
    // A restart in another layout is all that is wanted of a block without a reach.
    const extent = head && (last < 0 ? { from: 0, to: 0 } : extentOf(head, first, Math.min(last, head.width - 1)));
    return { stored, head, from: extent?.from ?? 0, to: extent?.to ?? 2 ** 30 };
  });
  const missing = wanted.filter(({ stored, to }) => to > stored.block.length);
  const fetched = await fetchSlices(pg, missing);
  if (fetched.size < missing.length) return undefined;
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
    `copy (select w.n, b.bytes, b.place from unnest(
         ${inlineInts(slices.map(({ stored }) => stored.deviceId))}, ${inlineInts(slices.map(({ stored }) => stored.layoutId))},
         array[${starts}], ${inlineInts(slices.map(({ from }) => from + 1))}, ${inlineInts(slices.map(({ from, to }) => to - from))},
         ${inlineInts(slices.map(({ stored }) => (stored.isDay ? 1 : 0)))}
       ) with ordinality as w (device_id, layout_id, start, first, length, is_day, n)
       cross join lateral (
         select substr(p.block, w.first, w.length) as bytes, p.ctid as place from metric_packed p
         where w.is_day = 0 and p.device_id = w.device_id and p.layout_id = w.layout_id and p.start = w.start
         union all
         select substr(p.block, w.first, w.length), p.ctid from metric_packed_day p
         where w.is_day = 1 and p.device_id = w.device_id and p.layout_id = w.layout_id and p.start = w.start
         limit 1) b) to stdout (format binary)`,
  );
  const found = new Map<StoredBlock, Buffer>();
  for (const [index, bytes, place] of readTuples(
    data,
    ([n, part, at]) => [n!.readInt32BE(4) - 1, part!, at!] as const,
  )) {
    const slice = slices[index];
    if (slice?.stored.place?.equals(place)) found.set(slice.stored, bytes);
  }
  return found;
}
