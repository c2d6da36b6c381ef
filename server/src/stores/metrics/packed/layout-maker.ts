import { LRUCache } from 'lru-cache';
import { arrayLiteral } from '#stores/postgres/array-literal.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { Layout, PollRow } from '#stores/metrics/metrics.ts';
import { layoutKey, seriesKey } from './series-keys.ts';

/** Creates the layouts of polls with their series. */
export interface LayoutMaker {
  /** Afterwards the layouts of all rows are there; answers the ids of those that it created. */
  make(rows: readonly PollRow[]): Promise<ReadonlyMap<PollRow, number>>;
}

/** The series of a layout as parameters of `CREATE_SHAPE`, all parallel: key, metric, labels, unit, kind. */
type Shape = readonly string[];

/** Series of a batch of new layouts are created so many at a time. */
const SERIES_PER_STATEMENT = 5_000;
/** Shapes whose parameters are kept, some 100 kB each: devices of one model that are new at once have the same. */
const SHAPES_KEPT = 16;

/**
 * Creates what is missing of a shape's series and its layouts, in the order of the layout; answers the layouts that it created. What
 * another process creates at the same moment is not seen: such a device is left out, and complete the next time.
 */
const CREATE_SHAPE = `with spec as materialized (
  select * from unnest($3::uuid[], $4::text[], $5::jsonb[], $6::text[], $7::text[]) with ordinality
    as t (key, metric, labels, unit, kind, n)
), there as (
  select id, device_id, key from metric_series where device_id = any($1::int[])
), made as (
  insert into metric_series (device_id, key, metric, labels, unit, kind)
  select d, key, metric, labels, unit, kind from unnest($1::int[]) as d cross join spec order by d, key
  on conflict (device_id, key) do nothing
  returning id, device_id, key
), known as (
  select device_id, id, n from (select * from made union all select * from there) as one join spec using (key)
), whole as (
  select d as device_id, array_agg(id order by n) filter (where id is not null) as series
  from unnest($1::int[]) as d left join known on device_id = d
  group by d having count(id) = (select count(*) from spec)
)
insert into metric_layout (device_id, key, series) select device_id, $2, coalesce(series, '{}') from whole order by device_id
on conflict (device_id, key) do nothing
returning id, device_id as "deviceId"`;

export function createLayoutMaker(pg: Postgres): LayoutMaker {
  const shapes = new LRUCache<string, Shape>({ max: SHAPES_KEPT });

  function shapeOf(layout: Layout): Shape {
    const key = layoutKey(layout);
    let shape = shapes.get(key);
    if (!shape) {
      const { series } = layout;
      const columns = [series.map(seriesKey), series.map((s) => s.metric), series.map((s) => JSON.stringify(s.labels))];
      shape = [...columns, series.map((s) => s.unit), series.map((s) => s.kind)].map(arrayLiteral);
      shapes.set(key, shape);
    }
    return shape;
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
        const params = [devices.slice(start, start + most), key, ...shapeOf(layout)];
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
      // Another process was creating the same, or has created the layout itself: then it is only to be found.
      return left.length === 0 ? ids : new Map([...ids, ...(await createLayouts(left))]);
    },
  };
}
