import { MAX_SPAN_MS } from '#domain/counters.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import { bool, instant, int4, writeTuples } from '#stores/metrics/packed/binary.ts';
import type { StoredLayout } from '#stores/metrics/packed/catalogue.ts';
import type { Polls } from '#stores/metrics/packed/codec.ts';
import { HOUR_MS } from '#stores/metrics/packed/partitions.ts';
import type { RollupMatrix } from '#stores/metrics/packed/rollup-block.ts';
import { encodeSamples, encodeSpans } from './copy.ts';
import type { PlaceSpans, SeriesSamples } from './copy.ts';

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
 * Loads straight into the columnstore; takes effect for the transaction. It is not told that rows come sorted, as they do:
 * it would take the batches of all loads together for sorted, and add up hours twice.
 */
async function loadCompressed(tx: Queryable): Promise<void> {
  await tx.query(
    `select set_config('timescaledb.enable_direct_compress_copy', 'on', true),
       set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)`,
  );
}

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
    await tx.query('delete from metric_ts_sample where layout_id = any($1::int[]) and at >= $2 and at < $3', [
      layoutIds,
      ...when,
    ]);
  }
  await loadCompressed(tx);
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
  await copySamples(tx, all);
}

async function copySamples(tx: Queryable, all: readonly LayoutPolls[]): Promise<void> {
  const series: SeriesSamples[] = all
    .toSorted((a, b) => a.layout.id - b.layout.id)
    .flatMap(({ layout, polls: { at, data } }) =>
      layout.series.map((_, position) => ({ layoutId: layout.id, position, at, data, offset: position * at.length })),
    );
  let part: SeriesSamples[] = [];
  let size = 0;
  const flush = async () => {
    const data = encodeSamples(part);
    part = [];
    size = 0;
    if (data)
      await tx.copyIn('copy metric_ts_sample (layout_id, position, at, value) from stdin (format binary)', data);
  };
  for (const one of series) {
    if (size > 0 && size + one.at.length > SAMPLES_PER_COPY) await flush();
    part.push(one);
    size += one.at.length;
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
    await tx.query('delete from metric_ts_rollup_5m where layout_id = any($1::int[]) and at >= $2 and at < $3', [
      ids,
      new Date(span.start),
      new Date(span.end),
    ]);
  }
  await insertSpans(
    tx,
    all.flatMap(({ layout, matrix }) =>
      matrix.series.map((spans, position) => ({ layoutId: layout.id, position, spans })),
    ),
  );
}

/** Stores 5-minute spans, of which none is there. */
export async function insertSpans(tx: Queryable, all: readonly PlaceSpans[]): Promise<void> {
  const data = encodeSpans(all.toSorted((a, b) => a.layoutId - b.layoutId || a.position - b.position));
  if (!data) return;
  await loadCompressed(tx);
  await tx.copyIn(
    'copy metric_ts_rollup_5m (layout_id, position, at, count, sum, min, max, last, increase, covered_ms) from stdin (format binary)',
    data,
  );
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
