import type { Clock } from '#platform/clock.ts';
import { usageOf } from '#stores/metrics/usage.ts';
import type { MetricUsageStore, TierUsage } from '#stores/metrics/usage.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { HEAD_BYTES } from './head.ts';
import {
  DAY_MS,
  HEAD,
  HOUR_MS,
  PACKED,
  PACKED_DAYS,
  ROLLUP_1D,
  ROLLUP_1H,
  ROLLUP_5M,
  ROLLUP_5M_HOURS,
  listPartitions,
} from './partitions.ts';
import type { PartitionedTable } from './partitions.ts';

export interface UsageDeps {
  readonly pg: Postgres;
  readonly clock: Clock;
  readonly keepMs: { readonly packed: number; readonly fiveMinutes: number; readonly hours: number };
}

/** Hours that are in the head at any time: the running one, and one that waits to be packed. */
const HEAD_HOURS = 2;
const TABLES = {
  polls: [HEAD],
  packed: [PACKED, PACKED_DAYS],
  '5m': [ROLLUP_5M_HOURS, ROLLUP_5M],
  '1h': [ROLLUP_1H, ROLLUP_1D],
} as const;

export function createUsage({ pg, clock, keepMs }: UsageDeps): MetricUsageStore {
  async function bytesOf(of: readonly PartitionedTable[]): Promise<number> {
    const { rows } = await pg.query<{ bytes: number }>(
      `select coalesce(sum(pg_total_relation_size(inhrelid)), 0)::int8 as bytes from pg_inherits
       where inhparent = any($1::regclass[])`,
      [of.map(({ table }) => table)],
    );
    return rows[0]?.bytes ?? 0;
  }

  /** Since when a tier has rows: its oldest partition, or the first hour ever packed, if that is later. */
  async function oldest(of: readonly PartitionedTable[]): Promise<number | undefined> {
    const starts = (await Promise.all(of.map((one) => listPartitions(pg, one)))).flat();
    const first = starts.length === 0 ? undefined : Math.min(...starts);
    if (first === undefined || of === TABLES.polls) return first;
    const { rows } = await pg.query<{ at: Date | null }>(
      `select min(start) as at from metric_compaction where tier = 'hour' and finished_at is not null and start >= $1`,
      [new Date(first)],
    );
    return rows[0]?.at?.getTime() ?? first;
  }

  async function tier(name: keyof typeof TABLES, keep: number): Promise<TierUsage> {
    const bytes = await bytesOf(TABLES[name]);
    const since = bytes === 0 ? undefined : await oldest(TABLES[name]);
    if (since === undefined) return { tier: name, bytes, keepDays: keep / DAY_MS, forecastBytes: null };
    // At least an hour, lest the first minutes be taken for the pace of years.
    const spanMs = Math.max(HOUR_MS, clock.now() - since);
    const forecastBytes = Math.round(spanMs >= keep ? bytes : (bytes / spanMs) * keep);
    return { tier: name, bytes, keepDays: keep / DAY_MS, forecastBytes };
  }

  return {
    async usage() {
      const { rows } = await pg.query<{ bytes: number }>(
        `select pg_total_relation_size('metric_series') + pg_total_relation_size('metric_layout') as bytes`,
      );
      const catalogue = rows[0]?.bytes ?? 0;
      const tiers: TierUsage[] = [
        await tier('polls', HEAD_HOURS * HOUR_MS),
        await tier('packed', keepMs.packed),
        await tier('5m', keepMs.fiveMinutes),
        await tier('1h', keepMs.hours),
        { tier: 'catalogue', bytes: catalogue, keepDays: null, forecastBytes: catalogue },
      ];
      return usageOf(tiers);
    },
    async deviceUsage(deviceId) {
      const packed = [PACKED, PACKED_DAYS, ROLLUP_5M_HOURS, ROLLUP_5M, ROLLUP_1H, ROLLUP_1D].map(
        (of) => `select sum(octet_length(block)) as bytes from ${of.table} where device_id = $1`,
      );
      const { rows } = await pg.query<{ bytes: number | null }>(
        `select sum(bytes)::int8 as bytes from (
           select ${HEAD_BYTES} as bytes from metric_head where device_id = $1
           union all ${packed.join(' union all ')}) parts`,
        [deviceId],
      );
      return rows[0]?.bytes ?? 0;
    },
  };
}
