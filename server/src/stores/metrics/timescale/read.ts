import { MAX_SPAN_MS } from '#domain/counters.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import { inlineInstant, inlineInts, readTuples } from '#stores/metrics/packed/binary.ts';
import type { StoredLayout } from '#stores/metrics/packed/catalogue.ts';
import { PG_EPOCH_MS, decodeInstant } from '#stores/metrics/packed/row-copy.ts';
import type { PollBlock } from '#stores/metrics/packed/timeline.ts';

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
/** What a row of (int4, timestamptz, float8) takes. */
const SAMPLE_BYTES = 34;

/** The data of a binary COPY of (series_id, at, value), none of them null, ordered by series and time. */
function readSamples(data: Buffer): Map<number, Samples> {
  const found = new Map<number, Samples>();
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let samples: Samples | undefined;
  let current = Number.NaN;
  for (let o = HEADER_BYTES; o + SAMPLE_BYTES <= data.length; o += SAMPLE_BYTES) {
    const seriesId = view.getInt32(o + 6);
    if (seriesId !== current) {
      current = seriesId;
      samples = { at: [], values: [] };
      found.set(seriesId, samples);
    }
    samples?.at.push((view.getInt32(o + 14) * 2 ** 32 + view.getUint32(o + 18)) / 1000 + PG_EPOCH_MS);
    samples?.values.push(view.getFloat64(o + 26));
  }
  return found;
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
function toBlock(
  layout: StoredLayout | undefined,
  layoutId: number,
  polls: readonly PollTimes[],
  samples: ReadonlyMap<number, Samples>,
): PollBlock {
  const at = Float64Array.from(polls, (poll) => poll.at);
  return {
    layoutId,
    length: polls.length,
    at,
    polledAt: Float64Array.from(polls, (poll) => poll.polledAt),
    restarted: Uint8Array.from(polls, (poll) => (poll.restarted ? 1 : 0)),
    read(position, into, offset) {
      into.fill(Number.NaN, offset, offset + at.length);
      const own = samples.get(layout?.series[position] ?? 0);
      if (!own) return;
      for (let i = 0, s = 0; i < at.length; i++) {
        while (s < own.at.length && own.at[s]! < at[i]!) s++;
        if (s < own.at.length && own.at[s] === at[i]) into[offset + i] = own.values[s]!;
      }
    },
  };
}

function toBlocks(
  layouts: readonly StoredLayout[],
  polls: readonly PollTimes[],
  samples: ReadonlyMap<number, Samples>,
): Map<number, PollBlock[]> {
  const known = new Map(layouts.map((layout) => [layout.id, layout]));
  const byDevice = new Map<number, PollBlock[]>();
  for (const [layoutId, own] of Map.groupBy(polls, (poll) => poll.layoutId)) {
    const deviceId = own[0]!.deviceId;
    const block = toBlock(known.get(layoutId), layoutId, own, samples);
    byDevice.set(deviceId, [...(byDevice.get(deviceId) ?? []), block]);
  }
  return byDevice;
}

const seriesOf = (layouts: readonly StoredLayout[], wanted: ReadonlySet<number> | undefined) => [
  ...new Set(layouts.flatMap((layout) => (wanted ? layout.series.filter((id) => wanted.has(id)) : layout.series))),
];

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
  const [polls, samples] = await Promise.all([
    pg.copyOut(
      `copy (select device_id, layout_id, at, polled_at, restarted from metric_ts_poll
         where device_id = any(${inlineInts(devicesOf(layouts))}) and ${within}
           and (layout_id = any(${inlineInts(layouts.map((layout) => layout.id))}) or restarted)
         order by layout_id, at) to stdout (format binary)`,
    ),
    pg.copyOut(
      `copy (select series_id, at, value from metric_ts_sample
         where series_id = any(${inlineInts(seriesOf(layouts, wanted))}) and ${within}
         order by series_id, at) to stdout (format binary)`,
    ),
  ]);
  return toBlocks(layouts, readTuples(polls, toPollTimes), readSamples(samples));
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
  const samples = new Map<number, Samples>();
  const hourOf = (poll: PollTimes) => Math.floor(poll.at / 3_600_000);
  for (const group of Map.groupBy(polls, hourOf).values()) {
    const ids = new Set(group.map((poll) => poll.layoutId));
    const times = group.map((poll) => poll.at);
    const found = readSamples(
      await pg.copyOut(
        `copy (select series_id, at, value from metric_ts_sample
           where series_id = any(${inlineInts(
             seriesOf(
               own.filter((layout) => ids.has(layout.id)),
               wanted,
             ),
           )})
             and at >= ${inlineInstant(Math.min(...times))} and at <= ${inlineInstant(Math.max(...times))}
           order by series_id, at) to stdout (format binary)`,
      ),
    );
    for (const [id, more] of found) {
      const known = samples.get(id);
      samples.set(id, known ? inOrder(known, more) : more);
    }
  }
  return toBlocks(own, polls, samples);
}

function inOrder(a: Samples, b: Samples): Samples {
  const [first, second] = (a.at[0] ?? 0) < (b.at[0] ?? 0) ? [a, b] : [b, a];
  return { at: [...first.at, ...second.at], values: [...first.values, ...second.values] };
}
