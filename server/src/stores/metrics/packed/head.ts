import type { Queryable } from '#stores/postgres/postgres.ts';
import { MAX_SPAN_MS } from '#domain/counters.ts';
import { inlineInts, inlineInstant, readTuples } from './binary.ts';
import { decodeInstant } from './row-copy.ts';
import type { Reach } from './reach.ts';
import type { PollBlock } from './timeline.ts';

type Reaches = ReadonlyMap<number, Reach>;
const WHOLE: Reaches = new Map();

const COLUMNS = 'h.device_id, h.layout_id, h.at, h.polled_at, h.restarted';
/** Of more layouts the statement would be longer than what it saves. */
const MAX_SLICED = 64;

/** The values of a poll, or of narrow layouts the wanted part of them: the server takes its time over every one. */
function valuesOf(reach: Reaches): string {
  if (reach.size === 0 || reach.size > MAX_SLICED) return 'h."values"';
  const parts = [...reach].map(
    ([id, { first, last }]) =>
      `when ${Math.trunc(id)} then h."values"[${Math.trunc(first) + 1}:${Math.trunc(last) + 1}]`,
  );
  return `case h.layout_id ${parts.join(' ')} else h."values" end as "values"`;
}
/** Where the first double of a float8[] lies, and how far apart they are. */
const FIRST_VALUE = 24;
const VALUE_STRIDE = 12;

export interface HeadRow {
  readonly deviceId: number;
  readonly layoutId: number;
  readonly at: number;
  readonly polledAt: number;
  readonly restarted: boolean;
  /** float8[] in binary form. */
  readonly values: Buffer;
}

function toRow(columns: Buffer[]): HeadRow {
  const [deviceId, layoutId, at, polledAt, restarted, values] = columns as [
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
    values,
  };
}

/**
 * Rows as columns. So many columns are read at once: what lies beside a value in its row comes along with it, and going
 * through all rows for each column alone costs five times as much.
 */
const COLUMNS_AT_ONCE = 8;

/** `base`: the position of the first value in a row. */
function toBlock(layoutId: number, rows: readonly HeadRow[], base: number): PollBlock {
  const length = rows.length;
  let views: DataView[] | undefined;
  let columns = new Float64Array(0);
  let first = -1;

  function readColumns(from: number): void {
    views ??= rows.map(({ values }) => new DataView(values.buffer, values.byteOffset, values.byteLength));
    if (first < 0) columns = new Float64Array(COLUMNS_AT_ONCE * length);
    first = from;
    for (let i = 0; i < length; i++) {
      const view = views[i]!;
      const there = Math.floor((view.byteLength - FIRST_VALUE + 4) / VALUE_STRIDE) - from;
      let at = FIRST_VALUE + from * VALUE_STRIDE;
      for (let c = 0; c < COLUMNS_AT_ONCE; c++, at += VALUE_STRIDE) {
        columns[c * length + i] = c < there ? view.getFloat64(at) : Number.NaN;
      }
    }
  }

  return {
    layoutId,
    length,
    at: Float64Array.from(rows, (row) => row.at),
    polledAt: Float64Array.from(rows, (row) => row.polledAt),
    restarted: Uint8Array.from(rows, (row) => (row.restarted ? 1 : 0)),
    read(position, into, offset) {
      const place = position - base;
      const c = place % COLUMNS_AT_ONCE;
      if (first !== place - c) readColumns(place - c);
      for (let i = 0; i < length; i++) into[offset + i] = columns[c * length + i]!;
    },
  };
}

/** Rows as blocks of one layout, by device; `reach` as they were read. */
export function groupRows(rows: readonly HeadRow[], reach = WHOLE): Map<number, PollBlock[]> {
  const base = (layoutId: number) => (reach.size > MAX_SLICED ? 0 : (reach.get(layoutId)?.first ?? 0));
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
    byDevice.set(deviceId, [...(byDevice.get(deviceId) ?? []), toBlock(layoutId, group, base(layoutId))]);
  }
  return byDevice;
}

export interface HeadSelection {
  readonly deviceIds: readonly number[];
  readonly layoutIds: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** Polls of the layouts in [from, to), with the values that are wanted, and every poll of the devices that says "restarted". */
export async function readHead(pg: Queryable, selection: HeadSelection, reach = WHOLE): Promise<HeadRow[]> {
  const data = await pg.copyOut(
    `copy (select ${COLUMNS}, ${valuesOf(reach)} from metric_head h
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
  reach = WHOLE,
): Promise<HeadRow[]> {
  const data = await pg.copyOut(
    `copy (select h.* from unnest(${inlineInts(layouts.map((layout) => layout.deviceId))},
         ${inlineInts(layouts.map((layout) => layout.id))}) as l (device_id, id)
       cross join lateral (
         select ${COLUMNS}, ${valuesOf(reach)} from metric_head h
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
    `copy (select ${COLUMNS}, h."values" from ${partition} h where h.device_id = any(${inlineInts(deviceIds)})) to stdout (format binary)`,
  );
  return readTuples(data, toRow);
}
