import { setTimeout as sleep } from 'node:timers/promises';
import { inlineInstant } from '#stores/metrics/packed/binary.ts';
import { HOUR_MS } from '#stores/metrics/packed/partitions.ts';
import { isConflict } from '#stores/postgres/faults.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { Session } from '#stores/postgres/session.ts';

/** TimescaleDB refuses a second one that sums up the same hours; so often it is asked again, a second later each time. */
const ATTEMPTS = 60;

const HOURS = 'metric_ts_span_1h';

/**
 * Sums up the hours in [from, to), epoch ms, or all from the first one on, as far as spans changed there. Hours whose spans
 * are no longer kept would go.
 */
export async function sumUpHours(pg: Postgres, from: number, to?: number): Promise<void> {
  const session = await pg.session({ patient: true });
  try {
    // Straight into the columnstore.
    await session.query('set timescaledb.enable_direct_compress_on_cagg_refresh = on');
    await sumUp(session, from, to);
    // Ten hours are summed up at a time, and TimescaleDB 2.28 leaves out a last one that would begin another ten.
    if (to !== undefined && to - from > HOUR_MS) await sumUp(session, to - HOUR_MS, to);
  } finally {
    await session.close();
  }
}

async function sumUp(session: Session, from: number, to?: number): Promise<void> {
  const [since, until] = [inlineInstant(from), to === undefined ? 'null' : inlineInstant(to)];
  for (let attempt = 1; ; attempt++) {
    try {
      await session.query(`call refresh_continuous_aggregate('${HOURS}', ${since}, ${until})`);
      return;
    } catch (error) {
      const isBusy = isConflict(error) || (error instanceof Error && /concurrent refresh/.test(error.message));
      if (!isBusy || attempt === ATTEMPTS) throw error;
      await sleep(1_000);
    }
  }
}

/**
 * Sums up those of the hours that lie behind what TimescaleDB's policy sums up, once a day: younger ones are summed up
 * whenever they are asked for, but nobody would see a change of these before the policy's next day. The threshold is what the policy
 * has set out to do: a run that has begun may not have seen the change, and one that failed has left hours behind, which come along,
 * for once a younger one is summed up nobody would see them.
 */
export async function sumUpAgain(pg: Postgres, hours: readonly number[]): Promise<void> {
  if (hours.length === 0) return;
  const { rows } = await pg.query<{ first: Date | null; last: Date | null }>(
    `with cagg as (
       select t.watermark as threshold, _timescaledb_functions.cagg_watermark(c.mat_hypertable_id) as done
       from _timescaledb_catalog.continuous_agg c
       join _timescaledb_catalog.continuous_aggs_invalidation_threshold t on t.hypertable_id = c.raw_hypertable_id
       where c.user_view_name = '${HOURS}')
     select max(hour) as last, least(min(hour), greatest(
         (select _timescaledb_functions.to_timestamp(done) from cagg), (select min(hour) from metric_ts_span_5m))) as first
     from unnest($1::timestamptz[]) as h (hour)
     where hour < (select _timescaledb_functions.to_timestamp(threshold) from cagg)`,
    [hours.map((hour) => new Date(hour))],
  );
  const [first, last] = [rows[0]?.first, rows[0]?.last];
  if (first && last) await sumUpHours(pg, first.getTime(), last.getTime() + HOUR_MS);
}
