import { LRUCache } from 'lru-cache';
import { arrayLiteral } from '#stores/postgres/array-literal.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { Layout, PollRow, SeriesSpec } from '#stores/metrics/metrics.ts';
import { layoutKey, seriesKey } from './series-keys.ts';

/** Creates the layouts of polls with their series. */
export interface LayoutMaker {
  /** Afterwards the layouts of all rows are there; answers the ids of those that nobody had a part of before. */
  make(rows: readonly PollRow[]): Promise<ReadonlyMap<PollRow, number>>;
}

/** The series of a layout as parameters of a statement, all parallel. */
interface Shape {
  readonly keys: readonly string[];
  readonly params: readonly string[];
}

interface StoredKey {
  readonly id: number;
  readonly device_id: number;
  readonly key: string;
}

/** Series of a batch of new layouts are created so many at a time. */
const SERIES_PER_STATEMENT = 5_000;
/** Shapes whose parameters are kept, some 100 kB each: devices of one model that are new at once have the same. */
const SHAPES_KEPT = 16;

/**
 * The layouts of devices that have none of these series yet, with their series, in the order of the layout. A device that
 * has one of them already, or to which another process gives it just now, is not among those that come back.
 */
const CREATE_SHAPE = `with spec as materialized (
  select * from unnest($3::uuid[], $4::text[], $5::jsonb[], $6::text[], $7::text[]) with ordinality
    as t (key, metric, labels, unit, kind, n)
), made as (
  insert into metric_series (device_id, key, metric, labels, unit, kind)
  select d, key, metric, labels, unit, kind from unnest($1::int[]) as d cross join spec order by d, key
  on conflict (device_id, key) do nothing
  returning id, device_id, key
), whole as (
  select device_id, array_agg(id order by n) as series from made join spec using (key)
  group by device_id having count(*) = (select count(*) from spec)
)
insert into metric_layout (device_id, key, series) select device_id, $2, series from whole order by device_id
on conflict (device_id, key) do nothing
returning id, device_id as "deviceId"`;

export function createLayoutMaker(pg: Postgres): LayoutMaker {
  const shapes = new LRUCache<string, Shape>({ max: SHAPES_KEPT });

  function shapeOf(layout: Layout): Shape {
    const key = layoutKey(layout);
    let shape = shapes.get(key);
    if (!shape) {
      const { series } = layout;
      const own = series.map(seriesKey);
      const columns = [own, series.map((s) => s.metric), series.map((s) => JSON.stringify(s.labels))];
      const params = [...columns, series.map((s) => s.unit), series.map((s) => s.kind)].map(arrayLiteral);
      shapes.set(key, (shape = { keys: own, params }));
    }
    return shape;
  }

  /** Ids of series by `device key`; creates those that are new. Sorted, so that two writers never wait for each other. */
  async function ensureSeries(rows: readonly PollRow[]): Promise<Map<string, number>> {
    const wanted = new Map<string, { deviceId: number; key: string; spec: SeriesSpec }>();
    for (const row of rows) {
      for (const [i, key] of shapeOf(row.layout).keys.entries()) {
        const spec = row.layout.series[i];
        if (spec) wanted.set(`${row.deviceId} ${key}`, { deviceId: row.deviceId, key, spec });
      }
    }
    const all = [...wanted.values()].toSorted((a, b) => a.deviceId - b.deviceId || (a.key < b.key ? -1 : 1));
    const ids = new Map<string, number>();
    for (let start = 0; start < all.length; start += SERIES_PER_STATEMENT) {
      const part = all.slice(start, start + SERIES_PER_STATEMENT);
      const identity = [part.map((s) => s.deviceId), part.map((s) => s.key)];
      const created = await pg.query<StoredKey>(
        `insert into metric_series (device_id, key, metric, labels, unit, kind)
         select * from unnest($1::int[], $2::uuid[], $3::text[], $4::jsonb[], $5::text[], $6::text[])
         on conflict (device_id, key) do nothing
         returning id, device_id, replace(key::text, '-', '') as key`,
        [
          ...identity,
          part.map((s) => s.spec.metric),
          part.map((s) => JSON.stringify(s.spec.labels)),
          part.map((s) => s.spec.unit),
          part.map((s) => s.spec.kind),
        ],
      );
      for (const row of created.rows) ids.set(`${row.device_id} ${row.key}`, row.id);
      if (created.rowCount === part.length) continue;
      const { rows: stored } = await pg.query<StoredKey>(
        `select s.id, s.device_id, replace(s.key::text, '-', '') as key
         from unnest($1::int[], $2::uuid[]) as w (device_id, key)
         join metric_series s on s.device_id = w.device_id and s.key = w.key`,
        identity,
      );
      for (const row of stored) ids.set(`${row.device_id} ${row.key}`, row.id);
    }
    return ids;
  }

  /** Creates the layouts of rows whose devices may have some of their series. */
  async function completeLayouts(rows: readonly PollRow[]): Promise<void> {
    const ids = await ensureSeries(rows);
    const unique = new Map(rows.map((row) => [`${row.deviceId} ${layoutKey(row.layout)}`, row]));
    const ordered = [...unique.values()].toSorted((a, b) => a.deviceId - b.deviceId);
    const seriesOf = ({ deviceId, layout }: PollRow) =>
      shapeOf(layout).keys.map((key) => ids.get(`${deviceId} ${key}`));
    await pg.query(
      `insert into metric_layout (device_id, key, series)
       select device_id, key, series::int[] from unnest($1::int[], $2::uuid[], $3::text[]) as t (device_id, key, series)
       on conflict (device_id, key) do nothing`,
      [
        ordered.map((row) => row.deviceId),
        ordered.map((row) => layoutKey(row.layout)),
        ordered.map((row) => `{${seriesOf(row).join()}}`),
      ],
    );
  }

  /** One statement for all devices of a shape; answers the ids by row, and nothing for a row whose layout was not created so. */
  async function createLayouts(rows: readonly PollRow[]): Promise<Map<PollRow, number>> {
    const ids = new Map<PollRow, number>();
    for (const [key, alike] of Map.groupBy(rows, ({ layout }) => layoutKey(layout))) {
      const { layout } = alike[0] as PollRow;
      const most = Math.max(1, Math.floor(SERIES_PER_STATEMENT / layout.series.length));
      const devices = [...new Set(alike.map(({ deviceId }) => deviceId))];
      const made = new Map<number, number>();
      for (let start = 0; start < devices.length; start += most) {
        const params = [devices.slice(start, start + most), key, ...shapeOf(layout).params];
        const created = await pg.query<{ id: number; deviceId: number }>(CREATE_SHAPE, params, 'layouts-of-a-shape');
        for (const { id, deviceId } of created.rows) made.set(deviceId, id);
      }
      for (const row of alike) {
        const id = made.get(row.deviceId);
        if (id !== undefined) ids.set(row, id);
      }
    }
    return ids;
  }

  return {
    async make(rows) {
      const ids = await createLayouts(rows);
      const left = rows.filter((row) => !ids.has(row));
      if (left.length > 0) await completeLayouts(left);
      return ids;
    },
  };
}
