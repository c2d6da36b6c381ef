// Polls that are in the store twice, and how they came there.
import type { TestDatabase } from '../../server/src/stores/postgres/testing.ts';

export interface Stored {
  /** Rows of a device, a layout and an instant. */
  readonly polls: number;
  /** Of those, the ones that are there more than once, each with a sentence. */
  readonly twice: readonly string[];
}

/** A row and the batch it came in, or those that were joined, are of one transaction. */
const TWICE = `
  select h.device_id as device, h.at, h.layout_id as layout, l.first, json_agg(json_build_object(
      'polledAt', h.polled_at, 'restarted', h.restarted, 'values', (metric_values(h.whole, h."values"))[1:4],
      'stored', b.stored_at, 'source', b.source, 'sequences', b.sequences) order by b.stored_at) as rows
  from (select *, xmin::text as tx, count(*) over (partition by device_id, at, layout_id) as n from metric_head) h
  left join (select xmin::text as tx, source, stored_at, array_agg(sequence order by sequence) as sequences from metric_batch group by 1, 2, 3) b on b.tx = h.tx
  left join lateral (select s.metric || ' ' || s.labels::text as first from metric_layout ml
    join metric_series s on s.id = ml.series[1] where ml.id = h.layout_id) l on true
  where h.n > 1 group by 1, 2, 3, 4 order by 2`;

export async function lookForTwice({ pg }: TestDatabase): Promise<Stored> {
  const { rows } = await pg.query<{ device: number; at: Date; layout: number; first: string; rows: unknown }>(TWICE);
  const counted = await pg.query<{ polls: number }>(
    'select count(*)::int as polls from (select distinct device_id, at, layout_id from metric_head) as t',
  );
  const twice = rows.map(
    (one) =>
      `stored twice: device ${one.device}, ${one.at.toISOString()}, layout ${one.layout} (${one.first}): ${JSON.stringify(one.rows)}`,
  );
  return { polls: counted.rows[0]?.polls ?? 0, twice };
}
