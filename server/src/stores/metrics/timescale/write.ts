import { MAX_SPAN_MS } from '#domain/counters.ts';
import type { Buckets } from '#stores/metrics/aggregate.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import { bool, instant, int4, writeTuples } from '#stores/metrics/packed/binary.ts';
import type { StoredLayout } from '#stores/metrics/packed/catalogue.ts';
import type { Polls } from '#stores/metrics/packed/codec.ts';
import { HOUR_MS } from '#stores/metrics/packed/partitions.ts';
import type { RollupMatrix } from '#stores/metrics/packed/rollup-block.ts';
import { COPY_SPANS, SPAN_PART, encodeSpans } from './copy-spans.ts';
import type { PartSpans } from './copy-spans.ts';
import { PART, encodeParts } from './copy.ts';
import type { PartOfHour } from './copy.ts';

/** The polls that a layout made in an hour. */
export interface LayoutPolls {
  readonly layout: StoredLayout;
  readonly polls: Polls;
}

/** An hour; epoch ms, its end exclusive. */
export interface HourSpan {
  readonly start: number;
  readonly end: number;
}

/** Samples that go in one COPY: what bounds the memory of a chunk. */
const SAMPLES_PER_COPY = 300_000;

/**
 * Loads straight into the columnstore; takes effect for the transaction. Only of what comes sorted and is alone in its
 * segments TimescaleDB may be told so: it takes the batches of all loads of a segment together for sorted, adds up twice what
 * is not, and leaves alone for good what is.
 */
async function loadCompressed(tx: Queryable, isSorted: boolean): Promise<void> {
  await tx.query(
    `select set_config('timescaledb.enable_direct_compress_copy', 'on', true),
       set_config('timescaledb.enable_direct_compress_copy_client_sorted', $1, true),
       set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)`,
    [isSorted ? 'on' : 'off'],
  );
}

const COPY_VALUES = `copy metric_ts_value (layout_id, hour, part, at, ${Array.from({ length: PART }, (_, i) => `v${i}`).join()})
  from stdin (format binary)`;

/** Whether the devices have anything of an hour already: then late rows have come, and what is there is replaced. */
export async function hasHour(tx: Queryable, { start, end }: HourSpan, deviceIds: readonly number[]): Promise<boolean> {
  const { rowCount } = await tx.query(
    'select 1 from metric_ts_poll where device_id = any($1::int[]) and at >= $2 and at < $3 limit 1',
    [deviceIds, new Date(start), new Date(end)],
  );
  return rowCount > 0;
}

/**
 * Stores polls of some devices. `instead` puts them in the place of what is there of that time; `beside` knows that what is
 * there is of other instants; `first`, that nothing is.
 */
export async function replacePolls(
  tx: Queryable,
  span: HourSpan,
  deviceIds: readonly number[],
  all: readonly LayoutPolls[],
  how: 'first' | 'instead' | 'beside',
): Promise<void> {
  const { start, end } = span;
  if (how === 'instead') {
    const when = [new Date(start), new Date(end)];
    await tx.query('delete from metric_ts_poll where device_id = any($1::int[]) and at >= $2 and at < $3', [
      deviceIds,
      ...when,
    ]);
    const layoutIds = all.map(({ layout }) => layout.id);
    await tx.query(
      `delete from metric_ts_value where layout_id = any($1::int[]) and hour >= $2 and hour < $3 and at >= $2 and at < $3`,
      [layoutIds, ...when],
    );
  }
  // Of polls there are few: those of a day are put together when it is over.
  await loadCompressed(tx, false);
  const byLayout = all.toSorted((a, b) => a.layout.deviceId - b.layout.deviceId || a.layout.id - b.layout.id);
  const polls = byLayout.flatMap(({ layout, polls: { at, polledAt, restarted } }) =>
    Array.from(at, (instantOf, i) => [
      int4(layout.deviceId),
      int4(layout.id),
      instant(instantOf),
      instant(polledAt[i]!),
      bool(restarted[i] === 1),
    ]),
  );
  await tx.copyIn(
    'copy metric_ts_poll (device_id, layout_id, at, polled_at, restarted) from stdin (format binary)',
    writeTuples(polls),
  );
  await loadCompressed(tx, how !== 'beside');
  await copySamples(tx, all);
}

/** The polls of a layout, hour by hour and part by part. */
function* partsOf({ layout, polls }: LayoutPolls): Generator<PartOfHour> {
  const { at, width } = polls;
  for (let first = 0, end = 0; first < at.length; first = end) {
    const hour = Math.floor(at[first]! / HOUR_MS) * HOUR_MS;
    while (end < at.length && at[end]! < hour + HOUR_MS) end++;
    for (let part = 0; part * PART < width; part++) yield { layoutId: layout.id, hour, part, polls, first, end };
  }
}

async function copySamples(tx: Queryable, all: readonly LayoutPolls[]): Promise<void> {
  let parts: PartOfHour[] = [];
  let size = 0;
  const flush = async () => {
    const data = encodeParts(parts);
    parts = [];
    size = 0;
    if (data) await tx.copyIn(COPY_VALUES, data);
  };
  for (const layout of all.toSorted((a, b) => a.layout.id - b.layout.id)) {
    for (const part of partsOf(layout)) {
      const samples = (part.end - part.first) * PART;
      if (size > 0 && size + samples > SAMPLES_PER_COPY) await flush();
      parts.push(part);
      size += samples;
    }
  }
  if (size > 0) await flush();
}

/** Puts an hour's 5-minute spans of some series in the place of what is there of them. */
export async function replaceSpans(
  tx: Queryable,
  span: HourSpan,
  all: readonly { readonly layout: StoredLayout; readonly matrix: RollupMatrix }[],
  isFirst: boolean,
): Promise<void> {
  if (!isFirst) {
    const ids = all.map(({ layout }) => layout.id);
    await tx.query('delete from metric_ts_span_5m where layout_id = any($1::int[]) and hour >= $2 and hour < $3', [
      ids,
      new Date(span.start),
      new Date(span.end),
    ]);
  }
  const series = all.flatMap(({ layout, matrix }) =>
    matrix.series.map((spans, position) => ({ layoutId: layout.id, position, spans })),
  );
  await insertSpans(tx, series, true);
}

/** Five-minute spans of the series at a place; whole hours. */
export interface PlaceSpans {
  readonly layoutId: number;
  readonly position: number;
  readonly spans: Buckets;
}

/** The spans of every hour by themselves, in the order of the table. */
function byHour(all: readonly PlaceSpans[]): PartSpans[] {
  const parts: PartSpans[] = [];
  for (const [layoutId, places] of Map.groupBy(all, (place) => place.layoutId)) {
    const { from = 0, stepMs = 1, length = 0 } = places[0]?.spans ?? {};
    const byPart = Map.groupBy(places, (place) => Math.floor(place.position / SPAN_PART));
    for (let hour = from; hour < from + length * stepMs; hour += HOUR_MS) {
      for (const [part, own] of byPart) {
        const series = Array.from<Buckets | undefined>({ length: SPAN_PART });
        for (const { position, spans } of own) series[position % SPAN_PART] = spans;
        parts.push({ layoutId, hour, part, series });
      }
    }
  }
  return parts.toSorted((a, b) => a.layoutId - b.layoutId || a.hour - b.hour || a.part - b.part);
}

/** Stores 5-minute spans, of which none is there. `isAlone`: nothing is there of the same layouts and hours. */
export async function insertSpans(tx: Queryable, all: readonly PlaceSpans[], isAlone: boolean): Promise<void> {
  const stepMs = all[0]?.spans.stepMs ?? HOUR_MS;
  const data = encodeSpans(byHour(all), HOUR_MS / stepMs);
  if (!data) return;
  await loadCompressed(tx, isAlone);
  await tx.copyIn(COPY_SPANS, data);
}

/** Layouts by the start of the next hour after this one in which they were polled, as far as counters reach back. */
export async function nextPolled(
  pg: Queryable,
  start: number,
  layouts: readonly StoredLayout[],
): Promise<Map<number, Set<number>>> {
  const { rows } = await pg.query<{ id: number; at: Date }>(
    `select w.id, n.at from unnest($1::int[], $2::int[]) as w (device_id, id)
     cross join lateral (
       select p.at from metric_ts_poll p
       where p.device_id = w.device_id and p.layout_id = w.id and p.at >= $3 and p.at < $4
       order by p.at limit 1) n`,
    [
      layouts.map((layout) => layout.deviceId),
      layouts.map((layout) => layout.id),
      new Date(start + HOUR_MS),
      new Date(start + HOUR_MS + MAX_SPAN_MS),
    ],
  );
  const hours = new Map<number, Set<number>>();
  for (const { id, at } of rows) {
    const hour = Math.floor(at.getTime() / HOUR_MS) * HOUR_MS;
    hours.set(hour, (hours.get(hour) ?? new Set()).add(id));
  }
  return hours;
}
