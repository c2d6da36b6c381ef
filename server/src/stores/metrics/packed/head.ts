import type { Queryable } from '#stores/postgres/postgres.ts';
import { MAX_SPAN_MS } from '#domain/counters.ts';
import { countOf, readValues } from './poll-values.ts';
import { inlineInts, inlineInstant, readTuples } from './binary.ts';
import { decodeInstant } from './row-copy.ts';
import type { Reach } from './reach.ts';
import type { PollBlock } from './timeline.ts';

type Reaches = ReadonlyMap<number, Reach>;
const ALL: Reaches = new Map();

const COLUMNS = 'h.device_id, h.layout_id, h.at, h.polled_at, h.restarted, h.whole, h."values"';

/** SQL: about how many bytes rows of the head take, its values and what stands beside them. */
export const HEAD_BYTES = 'sum(40 + coalesce(octet_length(whole), 0) + 8 * cardinality("values"))';

export interface HeadRow {
  readonly deviceId: number;
  readonly layoutId: number;
  readonly at: number;
  readonly polledAt: number;
  readonly restarted: boolean;
  /** The values: see `readValues`. */
  readonly whole: Buffer;
  readonly floats: Buffer;
}

function toRow(columns: Buffer[]): HeadRow {
  const [deviceId, layoutId, at, polledAt, restarted, whole, floats] = columns as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  return {
    deviceId: deviceId.readInt32BE(0),
    layoutId: layoutId.readInt32BE(0),
    at: decodeInstant(at),
    polledAt: decodeInstant(polledAt),
    restarted: restarted[0] === 1,
    whole,
    floats,
  };
}

/** Rows as columns, of which those in `reach` are wanted; decoded when the first is, and the rows let go of then. */
function toBlock(layoutId: number, all: readonly HeadRow[], reach: Reach | undefined): PollBlock {
  const length = all.length;
  let rows = all;
  let columns: Float64Array | undefined;
  const from = reach?.first ?? 0;

  function decode(): Float64Array {
    const to = reach ? reach.last + 1 : rows.reduce((most, row) => Math.max(most, countOf(row.whole, row.floats)), 0);
    const into = new Float64Array((to - from) * length);
    for (let i = 0; i < length; i++) readValues(rows[i]!.whole, rows[i]!.floats, { from, to }, into, i, length);
    rows = [];
    return into;
  }

  return {
    layoutId,
    length,
    at: Float64Array.from(all, (row) => row.at),
    polledAt: Float64Array.from(all, (row) => row.polledAt),
    restarted: Uint8Array.from(all, (row) => (row.restarted ? 1 : 0)),
    read(position, into, offset) {
      columns ??= decode();
      const start = (position - from) * length;
      for (let i = 0; i < length; i++) into[offset + i] = columns[start + i] ?? Number.NaN;
    },
  };
}

/** Rows as blocks of one layout, by device; of layouts in `reach` only that part. */
export function groupRows(rows: readonly HeadRow[], reach = ALL): Map<number, PollBlock[]> {
  const byLayout = new Map<number, HeadRow[]>();
  for (const row of rows) {
    const group = byLayout.get(row.layoutId);
    if (group) group.push(row);
    else byLayout.set(row.layoutId, [row]);
  }
  const byDevice = new Map<number, PollBlock[]>();
  for (const [layoutId, group] of byLayout) {
    group.sort((a, b) => a.at - b.at || a.polledAt - b.polledAt);
    const deviceId = group[0]!.deviceId;
    byDevice.set(deviceId, [...(byDevice.get(deviceId) ?? []), toBlock(layoutId, group, reach.get(layoutId))]);
  }
  return byDevice;
}

export interface HeadSelection {
  readonly deviceIds: readonly number[];
  readonly layoutIds: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** Polls of the layouts in [from, to), and every poll of the devices that says "restarted". */
export async function readHead(pg: Queryable, selection: HeadSelection): Promise<HeadRow[]> {
  const data = await pg.copyOut(
    `copy (select ${COLUMNS} from metric_head h
       where h.device_id = any(${inlineInts(selection.deviceIds)})
         and h.at >= ${inlineInstant(selection.from)} and h.at < ${inlineInstant(selection.to)}
         and (h.layout_id = any(${inlineInts(selection.layoutIds)}) or h.restarted)) to stdout (format binary)`,
  );
  return readTuples(data, toRow);
}

/** The last polls of each layout before an instant, newest first: what a counter grew from, and the latest values. */
export async function readLast(
  pg: Queryable,
  layouts: readonly { id: number; deviceId: number }[],
  before: number,
  options: { readonly polls: number; readonly maxAgeMs?: number },
): Promise<HeadRow[]> {
  const data = await pg.copyOut(
    `copy (select h.* from unnest(${inlineInts(layouts.map((layout) => layout.deviceId))},
         ${inlineInts(layouts.map((layout) => layout.id))}) as l (device_id, id)
       cross join lateral (
         select ${COLUMNS} from metric_head h
         where h.device_id = l.device_id and h.layout_id = l.id and h.at < ${inlineInstant(before)}
           and h.at >= ${inlineInstant(before - (options.maxAgeMs ?? MAX_SPAN_MS))}
         order by h.at desc limit ${Math.trunc(options.polls)}) h) to stdout (format binary)`,
  );
  return readTuples(data, toRow);
}

/** All polls of the devices in one partition. */
export async function readHeadPartition(
  pg: Queryable,
  partition: string,
  deviceIds: readonly number[],
): Promise<HeadRow[]> {
  const data = await pg.copyOut(
    `copy (select ${COLUMNS} from ${partition} h where h.device_id = any(${inlineInts(deviceIds)})) to stdout (format binary)`,
  );
  return readTuples(data, toRow);
}
