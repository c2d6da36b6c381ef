import type { Postgres } from '../../server/src/stores/postgres/postgres.ts';
import { replaceRollups } from '../../server/src/stores/metrics/packed/blocks.ts';
import type { StoredBlock } from '../../server/src/stores/metrics/packed/blocks.ts';
import { ROLLUP_1H, ensurePartitions } from '../../server/src/stores/metrics/packed/partitions.ts';
import { emptyMatrix, encodeRollup } from '../../server/src/stores/metrics/packed/rollup-block.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A year of 1-hour spans of counters for each device, as the compactor would have left them. */
export async function writeYear(pg: Postgres, deviceIds: readonly number[], end: number): Promise<void> {
  const { rows } = await pg.query<{ id: number; device_id: number; width: number }>(
    'select id, device_id, cardinality(series) as width from metric_layout where device_id = any($1::int[])',
    [deviceIds],
  );
  const today = Math.floor(end / DAY) * DAY;
  const days = Array.from({ length: 365 }, (_, n) => today - (365 - n) * DAY);
  await ensurePartitions(pg, ROLLUP_1H, days);
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
      return { deviceId, layoutId: id, start: day, block: encodeRollup(matrix) };
    });
    await pg.transaction((tx) => replaceRollups(tx, ROLLUP_1H, day, deviceIds, blocks));
  }
  await pg.query(
    `insert into metric_compaction (tier, start, finished_at)
     select 'day', t, now() from unnest($1::timestamptz[]) t on conflict (tier, start) do update set finished_at = now()`,
    [days.map((day) => new Date(day))],
  );
}
