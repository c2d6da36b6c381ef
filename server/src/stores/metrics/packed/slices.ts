import type { Queryable } from '#stores/postgres/postgres.ts';
import { inlineInstant, inlineInts, readTuples } from './binary.ts';
import { PLACE, readBlocks, toPollBlock } from './blocks.ts';
import type { BlockSelection, StoredBlock } from './blocks.ts';
import type { StoredLayout } from './catalogue.ts';
import { blockOf, decodeHead, extentOf } from './codec.ts';
import type { BlockHead } from './codec.ts';
import { identityOf } from './known-heads.ts';
import type { KnownHeads } from './known-heads.ts';
import { POLLS } from './partitions.ts';
import { narrowReach } from './reach.ts';
import type { Reach } from './reach.ts';
import type { PollBlock } from './timeline.ts';

/** Pieces of what PostgreSQL keeps a long value in: the head of most hours lies in the first, of most days in three. */
const HEAD_BYTES = { hours: 1_990, days: 5_980 };
const NO_BYTES = { hours: 0, days: 0 };
/** Blocks may be written anew between the two round trips of a slice; then all is read again. */
const TRIES = 4;

/** Packed polls by device; of wide layouts of which little is wanted, only that. */
export async function readPacked(
  pg: Queryable,
  layouts: readonly StoredLayout[],
  seriesIds: ReadonlySet<number>,
  span: { readonly from: number; readonly to: number },
  heads: KnownHeads,
): Promise<Map<number, PollBlock[]>> {
  const reach = narrowReach(layouts, seriesIds);
  const whole = layouts.filter((layout) => !reach.has(layout.id));
  const sliced = layouts.filter((layout) => reach.has(layout.id));
  const select = (some: readonly StoredLayout[]): BlockSelection => ({
    deviceIds: [...new Set(some.map((layout) => layout.deviceId))],
    layoutIds: some.map((layout) => layout.id),
    ...span,
  });
  const blocks: DeviceBlock[] = [];
  const guessed = sliced.length > 0 ? await guessSlices(pg, select(sliced), reach, heads) : undefined;
  if (guessed) blocks.push(...guessed);
  for (let tries = 1; sliced.length > 0 && !guessed; tries++) {
    const slices =
      tries < TRIES ? await readSlices(pg, select(sliced), reach, heads) : await readWhole(pg, select(sliced));
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

/** The bytes of a block that hold what is wanted of its layout. */
function wantedOf({ layoutId }: StoredBlock, head: BlockHead, reach: ReadonlyMap<number, Reach>) {
  const own = reach.get(layoutId);
  // A restart in another layout is all that is wanted of a block without a reach.
  return own ? extentOf(head, own.first, Math.min(own.last, head.width - 1)) : { from: 0, to: 0 };
}

/** In one round trip, out of blocks whose heads are known; undefined unless they are all that there are. */
async function guessSlices(
  pg: Queryable,
  selection: BlockSelection,
  reach: ReadonlyMap<number, Reach>,
  heads: KnownHeads,
): Promise<DeviceBlock[] | undefined> {
  const known = heads.of(selection).map(({ stored, head }) => ({ stored, head, ...wantedOf(stored, head, reach) }));
  if (known.length === 0) return undefined;
  const [listed, fetched] = await Promise.all([readBlocks(pg, POLLS, selection, NO_BYTES), fetchSlices(pg, known)]);
  const byIdentity = new Map(known.map((one) => [identityOf(one.stored), one]));
  const blocks: DeviceBlock[] = [];
  for (const stored of listed) {
    const one = byIdentity.get(identityOf(stored));
    const bytes = one && fetched.get(one.stored);
    if (!one || !bytes) return undefined;
    const { deviceId, layoutId } = stored;
    blocks.push({ deviceId, block: { ...blockOf(one.head, bytes, one.from), layoutId } });
  }
  return blocks;
}

/** Undefined when a block was written anew meanwhile. */
async function readSlices(
  pg: Queryable,
  selection: BlockSelection,
  reach: ReadonlyMap<number, Reach>,
  heads: KnownHeads,
): Promise<DeviceBlock[] | undefined> {
  const wanted = (await readBlocks(pg, POLLS, selection, HEAD_BYTES)).map((stored) => {
    const head = decodeHead(stored.block);
    return { stored, head, ...(head ? wantedOf(stored, head, reach) : { from: 0, to: 2 ** 30 }) };
  });
  heads.keep(wanted.flatMap(({ stored, head }) => (head ? [{ stored, head }] : [])));
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
         select substr(b.block, w.first, w.length) as bytes, ${PLACE} from metric_packed b
         where w.is_day = 0 and b.device_id = w.device_id and b.layout_id = w.layout_id and b.start = w.start
         union all
         select substr(b.block, w.first, w.length), ${PLACE} from metric_packed_day b
         where w.is_day = 1 and b.device_id = w.device_id and b.layout_id = w.layout_id and b.start = w.start
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
