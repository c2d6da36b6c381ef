import { MAX_SPAN_MS } from '#domain/counters.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import { bool, inlineInstant, inlineInts, instant, int4, readTuples, writeTuples } from './binary.ts';
import { decodeBlock } from './codec.ts';
import { PACKED } from './partitions.ts';
import type { PartitionedTable } from './partitions.ts';
import { decodeInstant } from './row-copy.ts';
import type { PollBlock } from './timeline.ts';

/** A row of a packed or roll-up table. */
export interface StoredBlock {
  readonly deviceId: number;
  readonly layoutId: number;
  /** Of the hour, or of the day, that it holds; epoch ms. */
  readonly start: number;
  readonly block: Buffer;
}

export interface PackedBlock extends StoredBlock {
  readonly polls: number;
  readonly restarted: boolean;
}

const COLUMNS = 'b.device_id, b.layout_id, b.start, b.block';

function toStored(columns: Buffer[]): StoredBlock {
  const [deviceId, layoutId, start, block] = columns as [Buffer, Buffer, Buffer, Buffer];
  return { deviceId: deviceId.readInt32BE(0), layoutId: layoutId.readInt32BE(0), start: decodeInstant(start), block };
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

/**
 * Blocks by device and start, or so many of their first bytes. Of packed polls also those that say "restarted", whatever
 * their layout.
 */
export async function readBlocks(
  pg: Queryable,
  of: PartitionedTable,
  selection: BlockSelection,
  firstBytes?: number,
): Promise<StoredBlock[]> {
  const layouts = selection.layoutIds
    ? `and (b.layout_id = any(${inlineInts(selection.layoutIds)})${of === PACKED ? ' or b.restarted' : ''})`
    : '';
  const part = firstBytes === undefined ? 'b.block' : `substr(b.block, 1, ${Math.trunc(firstBytes)})`;
  const columns = `b.device_id, b.layout_id, b.start, ${part}`;
  const data = await pg.copyOut(
    `copy (select ${columns} from ${of.table} b where b.device_id = any(${inlineInts(selection.deviceIds)})
       and b.start >= ${inlineInstant(selection.from)} and b.start < ${inlineInstant(selection.to)} ${layouts}
       order by b.device_id, b.start) to stdout (format binary)`,
  );
  return readTuples(data, toStored);
}

/** The last packed polls of each layout that start before an instant: what a counter grew from. */
export async function readLastBlocks(
  pg: Queryable,
  layouts: readonly { id: number; deviceId: number }[],
  before: number,
  maxAgeMs = MAX_SPAN_MS,
): Promise<StoredBlock[]> {
  const data = await pg.copyOut(
    `copy (select l.* from unnest(${inlineInts(layouts.map((layout) => layout.deviceId))},
         ${inlineInts(layouts.map((layout) => layout.id))}) as w (device_id, id)
       cross join lateral (
         select ${COLUMNS} from metric_packed b
         where b.device_id = w.device_id and b.layout_id = w.id
           and b.start < ${inlineInstant(before)} and b.start >= ${inlineInstant(before - maxAgeMs)}
         order by b.start desc limit 1) l) to stdout (format binary)`,
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
  const devices = new Map<number, number[]>();
  for (const row of rows)
    devices.set(row.start.getTime(), [...(devices.get(row.start.getTime()) ?? []), row.device_id]);
  return devices;
}

/** Puts packed polls in the place of all that the devices have at that start. */
export async function replacePacked(
  tx: Queryable,
  start: number,
  deviceIds: readonly number[],
  blocks: readonly PackedBlock[],
): Promise<void> {
  await removeBlocks(tx, PACKED, start, deviceIds);
  if (blocks.length === 0) return;
  await tx.copyIn(
    'copy metric_packed (device_id, layout_id, start, polls, restarted, block) from stdin (format binary)',
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

/** Puts roll-ups in the place of all that the devices have at that start. */
export async function replaceRollups(
  tx: Queryable,
  of: PartitionedTable,
  start: number,
  deviceIds: readonly number[],
  blocks: readonly StoredBlock[],
): Promise<void> {
  await removeBlocks(tx, of, start, deviceIds);
  if (blocks.length === 0) return;
  await tx.copyIn(
    `copy ${of.table} (device_id, layout_id, start, block) from stdin (format binary)`,
    writeTuples(blocks.map((b) => [int4(b.deviceId), int4(b.layoutId), instant(start), b.block])),
  );
}

async function removeBlocks(
  tx: Queryable,
  of: PartitionedTable,
  start: number,
  deviceIds: readonly number[],
): Promise<void> {
  await tx.query(`delete from ${of.table} where device_id = any($1::int[]) and start = $2`, [
    deviceIds,
    new Date(start),
  ]);
}

/** Deletes all that a device has in the packed and roll-up tables. */
export async function removeDeviceBlocks(pg: Postgres, deviceId: number): Promise<void> {
  for (const table of ['metric_packed', 'metric_rollup_5m', 'metric_rollup_1h']) {
    await pg.query(`delete from ${table} where device_id = $1`, [deviceId]);
  }
}
