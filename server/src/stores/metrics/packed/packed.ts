import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { MetricStore } from '#stores/metrics/metrics.ts';
import type { MetricUsageStore } from '#stores/metrics/usage.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { removeDeviceBlocks } from './blocks.ts';
import { createCatalogue } from './catalogue.ts';
import { createCompactor } from './compactor.ts';
import {
  DAY_MS,
  HOUR_MS,
  PACKED,
  PACKED_DAYS,
  ROLLUP_1D,
  ROLLUP_1H,
  ROLLUP_5M,
  ROLLUP_5M_HOURS,
  expirePartitions,
} from './partitions.ts';
import { createReading } from './reading.ts';
import { createPackedTail } from './tail.ts';
import { createUsage } from './usage.ts';
import { createWriter } from './writer.ts';
import type { WriteCounters } from './writer.ts';

/** An hour is packed when it has been over for so long: what was spooled meanwhile has mostly come by then. */
export const COMPACTION_LAG_MS = 10 * 60_000;
/** And a day is made of its hours when the last one has been packed for so long: what comes late costs little until then. */
const DAY_LAG_MS = 6 * HOUR_MS;

/** How long each tier is kept. */
export interface Retention {
  readonly rawDays: number;
  readonly fiveMinuteDays?: number;
  readonly hourDays?: number;
}

/** The same in ms; a coarser tier stays at least as long as a finer one, whose place it takes. */
export function keepMsOf({ rawDays, fiveMinuteDays = 365, hourDays = 5 * 365 }: Retention = { rawDays: 30 }) {
  const packed = rawDays * DAY_MS;
  const fiveMinutes = Math.max(packed, fiveMinuteDays * DAY_MS);
  return { packed, fiveMinutes, hours: Math.max(fiveMinutes, hourDays * DAY_MS) };
}

export interface PackedMetricStoreDeps {
  readonly pg: Postgres;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention?: Retention;
  /** 10 minutes when left out. */
  readonly compactionLagMs?: number;
  /** 6 hours more when left out; none when compaction has a lag of its own. */
  readonly dayLagMs?: number;
}

export interface PackedMetricStore extends MetricStore, MetricUsageStore {
  counters(): WriteCounters;
}

/** The metric store in plain PostgreSQL. */
export function createPackedMetricStore(deps: PackedMetricStoreDeps): PackedMetricStore {
  const { pg, clock, log } = deps;
  const keepMs = keepMsOf(deps.retention);
  const rawMs = keepMs.packed;
  const catalogue = createCatalogue(pg);
  const compactor = createCompactor({ pg, catalogue, log });
  const tail = createPackedTail();
  const reading = createReading({ pg, clock, catalogue, rawMs, tailOf: () => tail });
  const writer = createWriter({ pg, clock, log, catalogue, rawMs, opened: reading.moved });

  return {
    ...createUsage({ pg, clock, keepMs }),
    write: writer.write,
    range: reading.range,
    latest: reading.latest,
    series: reading.series,
    relabel: catalogue.relabel,
    fork: catalogue.fork,
    join: catalogue.join,
    async removeDevice(deviceId) {
      await catalogue.removeDevice(deviceId);
      await pg.query('delete from metric_head where device_id = $1', [deviceId]);
      await removeDeviceBlocks(pg, deviceId);
    },
    async maintain(now, signal) {
      const closed = now - (deps.compactionLagMs ?? COMPACTION_LAG_MS);
      const dayLagMs = deps.dayLagMs ?? (deps.compactionLagMs === undefined ? DAY_LAG_MS : 0);
      await writer.maintain(now);
      for (const table of [PACKED, PACKED_DAYS]) await expirePartitions(pg, table, now - rawMs);
      for (const table of [ROLLUP_5M_HOURS, ROLLUP_5M]) await expirePartitions(pg, table, now - keepMs.fiveMinutes);
      for (const table of [ROLLUP_1H, ROLLUP_1D]) await expirePartitions(pg, table, now - keepMs.hours);
      await compactor.run({ before: closed, daysBefore: closed - dayLagMs }, signal);
      reading.moved();
    },
    counters: writer.counters,
  };
}
