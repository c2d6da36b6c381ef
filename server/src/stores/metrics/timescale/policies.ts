import { DAY_MS } from '#stores/metrics/packed/partitions.ts';
import { ADVISORY_LOCKS } from '#stores/postgres/locks.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';

/** How long each tier is kept, ms. */
export interface KeepMs {
  readonly packed: number;
  readonly fiveMinutes: number;
  readonly hours: number;
}

/** Sets how long TimescaleDB keeps chunks, where that differs from what is in force. */
export async function keepRetention(pg: Postgres, keep: KeepMs): Promise<void> {
  const wanted = [
    ['metric_ts_poll', keep.packed],
    ['metric_ts_value', keep.packed],
    ['metric_ts_span_5m', keep.fiveMinutes],
    ['metric_ts_span_1h', keep.hours],
  ] as const;
  const { rows } = await pg.query<{ name: string; days: number }>(
    `select coalesce(c.view_name, j.hypertable_name)::text as name,
       extract(epoch from (j.config->>'drop_after')::interval)::float8 / 86400 as days
     from timescaledb_information.jobs j
     left join timescaledb_information.continuous_aggregates c on c.materialization_hypertable_name = j.hypertable_name
     where j.proc_name = 'policy_retention'`,
  );
  for (const [name, ms] of wanted) {
    const days = ms / DAY_MS;
    if (rows.some((row) => row.name === name && row.days === days)) continue;
    await pg.transaction(async (tx) => {
      // Of two that see the difference at once the second one finds it mended.
      await tx.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.metricRetention]);
      await tx.query(`select remove_retention_policy('${name}', if_exists => true)`);
      await tx.query(`select add_retention_policy('${name}', make_interval(days => $1::int))`, [days]);
    });
  }
}
