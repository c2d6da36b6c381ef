import type { Postgres } from '#stores/postgres/postgres.ts';
import type { CanaryReader, CanarySample } from './canary.ts';

/** More than a window of a large fleet has. */
const ROWS_MAX = 20_000;

/**
 * The canary's rows are those of device 0, which is none: no list has it, and the compactor leaves it out, so they go
 * with the hour's partition.
 */
const READ = `select extract(epoch from clock_timestamp())::float8 * 1000 as now, coalesce((
    select json_agg(json_build_object('collector', s.labels ->> 'collector', 'boot', v.of[1], 'sequence', v.of[2],
      'sentAt', extract(epoch from h.at) * 1000) order by h.at)
    from (select at, layout_id, whole, "values" from metric_head where device_id = 0 and at >= $1 and at < $2
      order by at limit ${ROWS_MAX}) h
    cross join metric_values(h.whole, h."values") as v (of)
    join metric_layout l on l.id = h.layout_id join metric_series s on s.id = l.series[1]), '[]') as samples`;

export function createCanaryReader(pg: Postgres): CanaryReader {
  return {
    async read(from, to) {
      const { rows } = await pg.query<{ now: number; samples: CanarySample[] }>(
        READ,
        [new Date(from), new Date(to)],
        'canary-read',
      );
      return rows[0] ?? { samples: [], now: to };
    },
  };
}
