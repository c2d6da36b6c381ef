import type { Clock } from '#platform/clock.ts';
import { HEAD_BYTES } from '#stores/metrics/packed/head.ts';
import { DAY_MS, HOUR_MS } from '#stores/metrics/packed/partitions.ts';
import { usageOf } from '#stores/metrics/usage.ts';
import type { MetricUsageStore, TierUsage } from '#stores/metrics/usage.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import type { KeepMs } from './policies.ts';

export interface TimescaleUsageDeps {
  readonly pg: Postgres;
  readonly clock: Clock;
  readonly keepMs: KeepMs;
}

/** Disk that the hypertables take, chunks of the columnstore included. */
export function createTimescaleUsage({ pg, clock, keepMs }: TimescaleUsageDeps): MetricUsageStore {
  async function bytesOf(...tables: string[]): Promise<number> {
    const { rows } = await pg.query<{ bytes: number | null }>(
      'select sum(hypertable_size(name::regclass))::int8 as bytes from unnest($1::text[]) as t (name)',
      [tables],
    );
    return rows[0]?.bytes ?? 0;
  }

  async function tier(name: TierUsage['tier'], keep: number, ...tables: string[]): Promise<TierUsage> {
    const bytes = await bytesOf(...tables);
    const { rows } = await pg.query<{ since: Date | null }>(
      `select greatest(min(start), now() - $1::float8 * interval '1 ms') as since
       from metric_compaction where tier = 'hour' and finished_at is not null`,
      [keep],
    );
    const since = rows[0]?.since?.getTime();
    if (since === undefined) return { tier: name, bytes, keepDays: keep / DAY_MS, forecastBytes: null };
    const spanMs = Math.max(HOUR_MS, clock.now() - since);
    const forecastBytes = Math.round(spanMs >= keep ? bytes : (bytes / spanMs) * keep);
    return { tier: name, bytes, keepDays: keep / DAY_MS, forecastBytes };
  }

  return {
    async usage() {
      const { rows } = await pg.query<{ catalogue: number; head: number }>(
        `select pg_total_relation_size('metric_series') + pg_total_relation_size('metric_layout') as catalogue,
           (select coalesce(sum(pg_total_relation_size(inhrelid)), 0)::int8 from pg_inherits
            where inhparent = 'metric_head'::regclass) as head`,
      );
      const { catalogue = 0, head = 0 } = rows[0] ?? {};
      const tiers: TierUsage[] = [
        { tier: 'polls', bytes: head, keepDays: (2 * HOUR_MS) / DAY_MS, forecastBytes: head },
        await tier('packed', keepMs.packed, 'metric_ts_value', 'metric_ts_poll'),
        await tier('5m', keepMs.fiveMinutes, 'metric_ts_span_5m'),
        await tier('1h', keepMs.hours, 'metric_ts_span_1h'),
        { tier: 'catalogue', bytes: catalogue, keepDays: null, forecastBytes: catalogue },
      ];
      return usageOf(tiers);
    },
    async deviceUsage(deviceId) {
      // The columnstore does not tell a device's share: its series' part of all samples is as near as it gets.
      const { rows } = await pg.query<{ share: number | null; head: number }>(
        `select (select count(*) filter (where device_id = $1)::float8 / nullif(count(*), 0) from metric_series) as share,
           (select coalesce(${HEAD_BYTES}, 0)::int8 from metric_head where device_id = $1) as head`,
        [deviceId],
      );
      const bytes = await bytesOf('metric_ts_value', 'metric_ts_poll', 'metric_ts_span_5m', 'metric_ts_span_1h');
      return Math.round((rows[0]?.share ?? 0) * bytes) + (rows[0]?.head ?? 0);
    },
  };
}
