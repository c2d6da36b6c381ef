import type { Postgres } from '../../server/src/stores/postgres/postgres.ts';
import { replaceRollups } from '../../server/src/stores/metrics/packed/blocks.ts';
import type { StoredBlock } from '../../server/src/stores/metrics/packed/blocks.ts';
import { ROLLUP_1D, ROLLUP_1H, ensurePartitions, monthOf } from '../../server/src/stores/metrics/packed/partitions.ts';
import { addBuckets } from '../../server/src/stores/metrics/aggregate.ts';
import { emptyMatrix, encodeRollup } from '../../server/src/stores/metrics/packed/rollup-block.ts';
import type { RollupMatrix } from '../../server/src/stores/metrics/packed/rollup-block.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A year of 1-hour and of 1-day spans of counters for each device, as the compactor would have left them. */
export async function writeYear(pg: Postgres, deviceIds: readonly number[], end: number): Promise<void> {
  const { rows } = await pg.query<{ id: number; device_id: number; width: number }>(
    'select id, device_id, cardinality(series) as width from metric_layout where device_id = any($1::int[])',
    [deviceIds],
  );
  const today = Math.floor(end / DAY) * DAY;
  const days = Array.from({ length: 365 }, (_, n) => today - (365 - n) * DAY);
  for (const table of [ROLLUP_1H, ROLLUP_1D]) await ensurePartitions(pg, table, days);
  const months = new Map<string, RollupMatrix>();
  const readings = new Map(
    rows.map(({ id, width }) => [id, Float64Array.from({ length: width }, () => 1e9 * Math.random())]),
  );
  for (const day of days) {
    const blocks = rows.map(({ id, device_id: deviceId, width }): StoredBlock => {
      const matrix = emptyMatrix(day, HOUR, 24, Array<'counter'>(width).fill('counter'));
      for (const [p, { offset, count, coveredMs, increase, last }] of matrix.series.entries()) {
        for (let i = offset; i < offset + 24; i++) {
          const grown =
            p % 3 === 0 ? Math.floor(1e7 * Math.random()) : p % 5 === 0 ? Math.floor(40 * Math.random()) : 0;
          count[i] = 60;
          coveredMs[i] = HOUR;
          increase[i] = grown;
          last[i] = readings.get(id)![p]! += grown;
        }
      }
      const key = `${id} ${monthOf(day)}`;
      const counters = Array<'counter'>(width).fill('counter');
      const month = months.get(key) ?? emptyMatrix(monthOf(day), DAY, 31, counters);
      months.set(key, month);
      for (const [p, spans] of matrix.series.entries()) addBuckets(month.series[p]!, spans);
      return { deviceId, layoutId: id, start: day, block: encodeRollup(matrix) };
    });
    await pg.transaction((tx) => replaceRollups(tx, ROLLUP_1H, day, deviceIds, blocks));
  }
  const deviceOf = new Map(rows.map((row) => [row.id, row.device_id]));
  const blocks = [...months].map(([key, matrix]): StoredBlock => {
    const layoutId = Number(key.split(' ')[0]);
    return { deviceId: deviceOf.get(layoutId) ?? 0, layoutId, start: matrix.from, block: encodeRollup(matrix) };
  });
  for (const [start, own] of Map.groupBy(blocks, (block) => block.start)) {
    await pg.transaction((tx) => replaceRollups(tx, ROLLUP_1D, start, deviceIds, own));
  }
  await pg.query(
    `insert into metric_compaction (tier, start, finished_at)
     select 'day', t, now() from unnest($1::timestamptz[]) t on conflict (tier, start) do update set finished_at = now()`,
    [days.map((day) => new Date(day))],
  );
}
