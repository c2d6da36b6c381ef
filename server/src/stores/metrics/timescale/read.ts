import { MAX_SPAN_MS } from '#domain/counters.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import { inlineInstant, inlineInts, readTuples } from '#stores/metrics/packed/binary.ts';
import type { StoredLayout } from '#stores/metrics/packed/catalogue.ts';
import { HOUR_MS } from '#stores/metrics/packed/partitions.ts';
import { PG_EPOCH_MS, decodeInstant } from '#stores/metrics/packed/row-copy.ts';
import type { PollBlock } from '#stores/metrics/packed/timeline.ts';
import { PART } from './copy.ts';
import { partsOf } from './parts.ts';
import type { Parts } from './parts.ts';

/** Samples of one series in the order of time. */
interface Samples {
  readonly at: number[];
  readonly values: number[];
}

interface PollTimes {
  readonly deviceId: number;
  readonly layoutId: number;
  readonly at: number;
  readonly polledAt: number;
  readonly restarted: boolean;
}

/** Where `PGCOPY` and what follows it end. */
const HEADER_BYTES = 19;
/** Samples by their place: layout, then position. */
type Places = Map<number, Map<number, Samples>>;

function samplesAt(places: Places, layoutId: number, position: number): Samples {
  let positions = places.get(layoutId);
  if (!positions) places.set(layoutId, (positions = new Map()));
  let samples = positions.get(position);
  if (!samples) positions.set(position, (samples = { at: [], values: [] }));
  return samples;
}

/** Adds the data of a binary COPY of (layout_id, part, at, values of `inPart`), in the order of time. */
function addSamples(data: Buffer, inPart: readonly number[], places: Places): void {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let [layout, part] = [Number.NaN, Number.NaN];
  let columns: Samples[] = [];
  for (let o = HEADER_BYTES; view.getInt16(o) !== -1;) {
    const rowLayout = view.getInt32(o + 6);
    const rowPart = view.getInt32(o + 14);
    if (rowLayout !== layout || rowPart !== part) {
      [layout, part] = [rowLayout, rowPart];
      columns = inPart.map((k) => samplesAt(places, layout, part * PART + k));
    }
    const at = (view.getInt32(o + 22) * 2 ** 32 + view.getUint32(o + 26)) / 1000 + PG_EPOCH_MS;
    o += 30;
    for (const samples of columns) {
      const isNull = view.getInt32(o) < 0;
      if (!isNull) {
        samples.at.push(at);
        samples.values.push(view.getFloat64(o + 4));
      }
      o += isNull ? 4 : 12;
    }
  }
}

function toPollTimes(columns: Buffer[]): PollTimes {
  const [deviceId, layoutId, at, polledAt, restarted] = columns as [Buffer, Buffer, Buffer, Buffer, Buffer];
  return {
    deviceId: deviceId.readInt32BE(0),
    layoutId: layoutId.readInt32BE(0),
    at: decodeInstant(at),
    polledAt: decodeInstant(polledAt),
    restarted: restarted[0] === 1,
  };
}

/** Polls and their samples put together again, as the time line wants them. */
function toBlock(layoutId: number, polls: readonly PollTimes[], places: Places): PollBlock {
  const at = Float64Array.from(polls, (poll) => poll.at);
  return {
    layoutId,
    length: polls.length,
    at,
    polledAt: Float64Array.from(polls, (poll) => poll.polledAt),
    restarted: Uint8Array.from(polls, (poll) => (poll.restarted ? 1 : 0)),
    read(position, into, offset) {
      into.fill(Number.NaN, offset, offset + at.length);
      const own = places.get(layoutId)?.get(position);
      if (!own) return;
      for (let i = 0, s = 0; i < at.length; i++) {
        while (s < own.at.length && own.at[s]! < at[i]!) s++;
        if (s < own.at.length && own.at[s] === at[i]) into[offset + i] = own.values[s]!;
      }
    },
  };
}

function toBlocks(polls: readonly PollTimes[], places: Places): Map<number, PollBlock[]> {
  const byDevice = new Map<number, PollBlock[]>();
  for (const [layoutId, own] of Map.groupBy(polls, (poll) => poll.layoutId)) {
    const deviceId = own[0]!.deviceId;
    byDevice.set(deviceId, [...(byDevice.get(deviceId) ?? []), toBlock(layoutId, own, places)]);
  }
  return byDevice;
}

/** Adds the samples in [from, to). */
async function readSamples(
  pg: Queryable,
  { condition, places: inPart }: Parts,
  { from, to }: { readonly from: number; readonly to: number },
  places: Places,
): Promise<void> {
  const hour = Math.floor(from / HOUR_MS) * HOUR_MS;
  const data = await pg.copyOut(
    `copy (select layout_id, part, at${inPart.map((k) => `, v${k}`).join('')} from metric_ts_value
       where ${condition} and hour >= ${inlineInstant(hour)} and at >= ${inlineInstant(from)} and at < ${inlineInstant(to)}
       order by layout_id, hour, part, at) to stdout (format binary)`,
  );
  addSamples(data, inPart, places);
}

const devicesOf = (layouts: readonly StoredLayout[]) => [...new Set(layouts.map((layout) => layout.deviceId))];

/** Polls of the layouts in [from, to) with the values of the wanted series, and what other layouts say of restarts. */
export async function readPolls(
  pg: Queryable,
  layouts: readonly StoredLayout[],
  wanted: ReadonlySet<number> | undefined,
  span: { readonly from: number; readonly to: number },
): Promise<Map<number, PollBlock[]>> {
  if (layouts.length === 0) return new Map();
  const within = `at >= ${inlineInstant(span.from)} and at < ${inlineInstant(span.to)}`;
  const places: Places = new Map();
  const [polls] = await Promise.all([
    pg.copyOut(
      `copy (select device_id, layout_id, at, polled_at, restarted from metric_ts_poll
         where device_id = any(${inlineInts(devicesOf(layouts))}) and ${within}
           and (layout_id = any(${inlineInts(layouts.map((layout) => layout.id))}) or restarted)
         order by layout_id, at) to stdout (format binary)`,
    ),
    readSamples(pg, partsOf(layouts, wanted, PART), span, places),
  ]);
  return toBlocks(readTuples(polls, toPollTimes), places);
}

/** The last polls of each layout before an instant: what a counter grew from, and the newest values. */
export async function readLastPolls(
  pg: Queryable,
  layouts: readonly StoredLayout[],
  wanted: ReadonlySet<number> | undefined,
  before: number,
  options: { readonly polls: number; readonly maxAgeMs?: number },
): Promise<Map<number, PollBlock[]>> {
  if (layouts.length === 0) return new Map();
  const oldest = before - (options.maxAgeMs ?? MAX_SPAN_MS);
  const data = await pg.copyOut(
    `copy (select p.* from unnest(${inlineInts(layouts.map((layout) => layout.deviceId))},
         ${inlineInts(layouts.map((layout) => layout.id))}) as w (device_id, id)
       cross join lateral (
         select device_id, layout_id, at, polled_at, restarted from metric_ts_poll p
         where p.device_id = w.device_id and p.layout_id = w.id
           and p.at < ${inlineInstant(before)} and p.at >= ${inlineInstant(oldest)}
         order by p.at desc limit ${Math.trunc(options.polls)}) p) to stdout (format binary)`,
  );
  const polls = readTuples(data, toPollTimes).toSorted((a, b) => a.layoutId - b.layoutId || a.at - b.at);
  if (polls.length === 0) return new Map();
  const present = new Set(polls.map((poll) => poll.layoutId));
  const own = layouts.filter((layout) => present.has(layout.id));
  // Layouts that fell silent long ago would stretch the span for all: those of one instant are read together.
  const places: Places = new Map();
  const hourOf = (poll: PollTimes) => Math.floor(poll.at / HOUR_MS);
  const hours = [...Map.groupBy(polls, hourOf)].toSorted(([a], [b]) => a - b);
  for (const [, group] of hours) {
    const ids = new Set(group.map((poll) => poll.layoutId));
    const times = group.map((poll) => poll.at);
    const there = partsOf(
      own.filter((layout) => ids.has(layout.id)),
      wanted,
      PART,
    );
    await readSamples(pg, there, { from: Math.min(...times), to: Math.max(...times) + 1 }, places);
  }
  return toBlocks(polls, places);
}
