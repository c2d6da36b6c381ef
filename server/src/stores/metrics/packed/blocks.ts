import { MAX_SPAN_MS } from '#domain/counters.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import { bool, inlineInstant, inlineInts, instant, int4, readTuples, writeTuples } from './binary.ts';
import { decodeBlock } from './codec.ts';
import {
  DAY_MS,
  HOUR_MS,
  PACKED,
  PACKED_DAYS,
  POLLS,
  ROLLUP_1D,
  ROLLUP_1H,
  ROLLUP_5M,
  ROLLUP_5M_HOURS,
} from './partitions.ts';
import type { PartitionedTable, TwoForms } from './partitions.ts';
import { decodeInstant } from './row-copy.ts';
import type { PollBlock } from './timeline.ts';

/** A row of a packed or roll-up table. */
export interface StoredBlock {
  readonly deviceId: number;
  readonly layoutId: number;
  /** Of the hour, or of the day, that it holds; epoch ms. */
  readonly start: number;
  readonly block: Buffer;
  /** Of a tier that has two forms: whether this is a day of it. */
  readonly isDay?: boolean;
  /** Where the row is, in binary form: a row that was written anew is elsewhere. */
  readonly place?: Buffer;
}

export interface PackedBlock extends StoredBlock {
  readonly polls: number;
  readonly restarted: boolean;
}

function toStored(columns: Buffer[]): StoredBlock {
  const [deviceId, layoutId, start, block, isDay, place] = columns as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer?,
    Buffer?,
  ];
  return {
    deviceId: deviceId.readInt32BE(0),
    layoutId: layoutId.readInt32BE(0),
    start: decodeInstant(start),
    block,
    ...(isDay && { isDay: isDay[0] === 1 }),
    ...(place && { place }),
  };
}

/** Packed polls as the time line wants them. */
export function toPollBlock(stored: StoredBlock): PollBlock {
  return { ...decodeBlock(stored.block), layoutId: stored.layoutId };
}

export interface BlockSelection {
  readonly deviceIds: readonly number[];
  /** All layouts of the devices, when left out. */
  readonly layoutIds?: readonly number[];
  /** Starts in [from, to). */
  readonly from: number;
  readonly to: number;
}

/** Where a row lies and who wrote it: another row may come to lie there later. */
export const PLACE = `b.ctid::text || ' ' || b.xmin::text as place`;

const isTwoForms = (of: PartitionedTable | TwoForms): of is TwoForms => 'hours' in of;

/**
 * Blocks by device and start, or so many of their first bytes. Of packed polls also those that say "restarted", whatever
 * their layout. A tier of two forms is read in one statement, so that nothing is missed on its way from one to the other.
 */
export async function readBlocks(
  pg: Queryable,
  of: PartitionedTable | TwoForms,
  selection: BlockSelection,
  firstBytes?: { readonly hours: number; readonly days: number },
): Promise<StoredBlock[]> {
  const layouts = selection.layoutIds
    ? `and (b.layout_id = any(${inlineInts(selection.layoutIds)})${of === POLLS ? ' or b.restarted' : ''})`
    : '';
  const part = (bytes: number | undefined) =>
    bytes === undefined ? 'b.block' : `substr(b.block, 1, ${Math.trunc(bytes)}) as block`;
  const select = ({ table }: PartitionedTable, unitMs: number, more: string, bytes?: number) =>
    `select b.device_id, b.layout_id, b.start, ${part(bytes)}${more} from ${table} b
     where b.device_id = any(${inlineInts(selection.deviceIds)})
       and b.start >= ${inlineInstant(Math.floor(selection.from / unitMs) * unitMs)}
       and b.start < ${inlineInstant(selection.to)} ${layouts}`;
  const rows = isTwoForms(of)
    ? `${select(of.hours, HOUR_MS, `, false as is_day, ${PLACE}`, firstBytes?.hours)} union all
       ${select(of.days, DAY_MS, `, true, ${PLACE}`, firstBytes?.days)}`
    : select(of, 1, '');
  const data = await pg.copyOut(`copy (select * from (${rows}) r order by device_id, start) to stdout (format binary)`);
  return readTuples(data, toStored);
}

/**
 * The last packed polls of each layout that start before an instant: what a counter grew from. Days only where they may
 * be younger than the last hour; the younger of two may have begun later than the instant.
 */
export async function readLastBlocks(
  pg: Queryable,
  layouts: readonly { id: number; deviceId: number }[],
  before: number,
  maxAgeMs = MAX_SPAN_MS,
): Promise<StoredBlock[]> {
  if (layouts.length === 0) return [];
  const columns = 'b.device_id, b.layout_id, b.start, b.block';
  const own = `b.device_id = w.device_id and b.layout_id = w.id and b.start < ${inlineInstant(before)}`;
  const data = await pg.copyOut(
    `copy (select l.* from unnest(${inlineInts(layouts.map((layout) => layout.deviceId))},
         ${inlineInts(layouts.map((layout) => layout.id))}) as w (device_id, id)
       cross join lateral (
         with h as materialized (
           select ${columns} from metric_packed b where ${own} and b.start >= ${inlineInstant(before - maxAgeMs)}
           order by b.start desc limit 1)
         select * from h union all
         (select ${columns} from metric_packed_day b
          where ${own} and b.start > ${inlineInstant(before - maxAgeMs - DAY_MS)}
            and b.start > coalesce((select start from h), '-infinity') - interval '23 hours'
          order by b.start desc limit 2)) l) to stdout (format binary)`,
  );
  return readTuples(data, toStored);
}

/** Devices by the start of the next packed hour of any of their layouts, as far as counters reach back. */
export async function nextPacked(
  pg: Queryable,
  start: number,
  layouts: readonly { id: number; deviceId: number }[],
): Promise<Map<number, number[]>> {
  const { rows } = await pg.query<{ device_id: number; start: Date }>(
    `select distinct w.device_id, n.start from unnest($1::int[], $2::int[]) as w (device_id, id)
     cross join lateral (
       select b.start from metric_packed b
       where b.device_id = w.device_id and b.layout_id = w.id and b.start > $3 and b.start <= $4
       order by b.start limit 1) n
     order by n.start`,
    [
      layouts.map((layout) => layout.deviceId),
      layouts.map((layout) => layout.id),
      new Date(start),
      new Date(start + MAX_SPAN_MS),
    ],
  );
  const next = new Map<number, Set<number>>();
  const note = (at: number, deviceId: number) => next.set(at, (next.get(at) ?? new Set()).add(deviceId));
  for (const row of rows) note(row.start.getTime(), row.device_id);
  // In days already: the hour of the first poll behind the hour.
  const after = start + HOUR_MS;
  const days = await readBlocks(pg, PACKED_DAYS, {
    deviceIds: [...new Set(layouts.map((layout) => layout.deviceId))],
    layoutIds: layouts.map((layout) => layout.id),
    from: Math.floor(after / DAY_MS) * DAY_MS,
    to: start + MAX_SPAN_MS + 1,
  });
  for (const { deviceId, block } of days) {
    const first = decodeBlock(block).at.find((at) => at >= after);
    if (first !== undefined) note(Math.floor(first / HOUR_MS) * HOUR_MS, deviceId);
  }
  return new Map([...next].toSorted(([a], [b]) => a - b).map(([at, ids]) => [at, [...ids]]));
}

/** Puts packed polls in the place of all that the devices have at that start. */
export async function replacePacked(
  tx: Queryable,
  of: PartitionedTable,
  start: number,
  deviceIds: readonly number[],
  blocks: readonly PackedBlock[],
): Promise<void> {
  await removeBlocks(tx, of, start, start + 1, deviceIds);
  if (blocks.length === 0) return;
  await tx.copyIn(
    `copy ${of.table} (device_id, layout_id, start, polls, restarted, block) from stdin (format binary)`,
    writeTuples(
      blocks.map((b) => [
        int4(b.deviceId),
        int4(b.layoutId),
        instant(start),
        int4(b.polls),
        bool(b.restarted),
        b.block,
      ]),
    ),
  );
}

/** Puts roll-ups in the place of all that the devices have from that start on, for as long as they span. */
export async function replaceRollups(
  tx: Queryable,
  of: PartitionedTable,
  start: number,
  deviceIds: readonly number[],
  blocks: readonly StoredBlock[],
): Promise<void> {
  await removeBlocks(tx, of, start, start + (of === ROLLUP_5M_HOURS ? HOUR_MS : DAY_MS), deviceIds);
  if (blocks.length === 0) return;
  await tx.copyIn(
    `copy ${of.table} (device_id, layout_id, start, block) from stdin (format binary)`,
    writeTuples(blocks.map((b) => [int4(b.deviceId), int4(b.layoutId), instant(start), b.block])),
  );
}

async function removeBlocks(
  tx: Queryable,
  of: PartitionedTable,
  from: number,
  to: number,
  deviceIds: readonly number[],
): Promise<void> {
  await tx.query(`delete from ${of.table} where device_id = any($1::int[]) and start >= $2 and start < $3`, [
    deviceIds,
    new Date(from),
    new Date(to),
  ]);
}

/** Deletes all that a device has in the packed and roll-up tables. */
export async function removeDeviceBlocks(pg: Postgres, deviceId: number): Promise<void> {
  for (const { table } of [PACKED, PACKED_DAYS, ROLLUP_5M_HOURS, ROLLUP_5M, ROLLUP_1H, ROLLUP_1D]) {
    await pg.query(`delete from ${table} where device_id = $1`, [deviceId]);
  }
}
