import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import type { BatchOrigin, MetricStore, PollRow } from '#stores/metrics/metrics.ts';
import type { MetricUsageStore } from '#stores/metrics/usage.ts';
import { isMissingPartition } from '#stores/postgres/faults.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { removeDeviceBlocks } from './blocks.ts';
import { createCatalogue } from './catalogue.ts';
import { createCompactor } from './compactor.ts';
import { createLatest } from './latest.ts';
import {
  DAY_MS,
  HEAD,
  HOUR_MS,
  PACKED,
  PACKED_DAYS,
  ROLLUP_1H,
  ROLLUP_5M,
  ROLLUP_5M_HOURS,
  dropPartitions,
  ensurePartitions,
  listPartitions,
  partitionEnd,
  partitionStart,
} from './partitions.ts';
import type { PartitionedTable } from './partitions.ts';
import { createRange } from './range.ts';
import { createRangeCache } from './range-cache.ts';
import { encodeRows } from './row-copy.ts';
import { packedTail } from './tail.ts';
import { createUsage } from './usage.ts';

/** Rows dated further into the future come from a clock that is wrong. */
const MAX_AHEAD_MS = DAY_MS;
/** An hour is packed when it has been over for so long: what was spooled meanwhile has mostly come by then. */
const COMPACTION_LAG_MS = 10 * 60_000;
/** And a day is made of its hours when the last one has been packed for so long: what comes late costs little until then. */
const DAY_LAG_MS = 6 * HOUR_MS;

/** How long each tier is kept. */
export interface Retention {
  readonly rawDays: number;
  readonly fiveMinuteDays?: number;
  readonly hourDays?: number;
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

/** What the store did not keep, by reason; for `/metrics`. */
export interface PackedCounters {
  stored: number;
  droppedTooOld: number;
  droppedInFuture: number;
  /** About ports from before they were recognised under other labels, come too late to be understood. */
  droppedOutdated: number;
}

export interface PackedMetricStore extends MetricStore, MetricUsageStore {
  counters(): PackedCounters;
}

/** The metric store in plain PostgreSQL. */
export function createPackedMetricStore(deps: PackedMetricStoreDeps): PackedMetricStore {
  const { pg, clock, log } = deps;
  const rawMs = (deps.retention?.rawDays ?? 30) * DAY_MS;
  const fiveMinuteMs = (deps.retention?.fiveMinuteDays ?? 365) * DAY_MS;
  const hourMs = (deps.retention?.hourDays ?? 5 * 365) * DAY_MS;
  const catalogue = createCatalogue(pg);
  const compactor = createCompactor({ pg, catalogue, log });
  const keepMs = { packed: rawMs, fiveMinutes: fiveMinuteMs, hours: hourMs };
  const range = createRangeCache(pg, createRange({ pg, clock, catalogue, rawMs, tail: packedTail }));
  const counters: PackedCounters = { stored: 0, droppedTooOld: 0, droppedInFuture: 0, droppedOutdated: 0 };
  let hours = new Set<number>();

  async function needHours(wanted: ReadonlySet<number>): Promise<void> {
    const missing = [...wanted].filter((hour) => !hours.has(hour));
    if (missing.length === 0) return;
    await ensurePartitions(pg, HEAD, missing);
    for (const hour of missing) hours.add(hour);
  }

  /** Without what retention would drop at once, and what a wrong clock dated. */
  function keepable(rows: readonly PollRow[]): readonly PollRow[] {
    const now = clock.now();
    const [oldest, newest] = [now - rawMs, now + MAX_AHEAD_MS];
    if (rows.every((row) => row.at >= oldest && row.at <= newest)) return rows;
    const kept = rows.filter((row) => row.at >= oldest && row.at <= newest);
    const tooOld = rows.filter((row) => row.at < oldest).length;
    counters.droppedTooOld += tooOld;
    counters.droppedInFuture += rows.length - kept.length - tooOld;
    log.warn(
      { tooOld, inFuture: rows.length - kept.length - tooOld },
      'polls outside of the time that is kept were dropped',
    );
    return kept;
  }

  async function store(
    rows: readonly PollRow[],
    data: Buffer | null,
    origin: BatchOrigin | undefined,
  ): Promise<boolean> {
    return pg.transaction(async (tx) => {
      if (origin) {
        const { rowCount } = await tx.query(
          'insert into metric_batch (source, sequence) values ($1, $2) on conflict do nothing',
          [origin.source, origin.sequence],
          'metric-batch',
        );
        if (rowCount === 0) return false;
      }
      if (data) {
        await tx.copyIn(
          'copy metric_head (device_id, layout_id, at, polled_at, restarted, "values") from stdin (format binary)',
          data,
        );
        counters.stored += rows.length;
      }
      return true;
    });
  }

  async function write(all: readonly PollRow[], origin?: BatchOrigin): Promise<boolean> {
    const rows = keepable(all);
    for (const row of rows) {
      if (row.values.length === row.layout.series.length) continue;
      throw new AppError('validation_failed', `A poll of device ${row.deviceId} has not one value a series.`);
    }
    if (rows.length === 0) return store(rows, null, origin);
    const layouts = await catalogue.resolve(rows);
    const readable = layouts.every((id) => id > 0) ? rows : rows.filter((_, i) => (layouts[i] ?? 0) > 0);
    counters.droppedOutdated += rows.length - readable.length;
    if (readable.length === 0) return store(readable, null, origin);
    const data = encodeRows(
      readable,
      layouts.filter((id) => id > 0),
    );
    const wanted = new Set(readable.map((row) => partitionStart(HEAD, row.at)));
    await needHours(wanted);
    try {
      return await store(readable, data, origin);
    } catch (error) {
      // The compactor of another process may have closed and dropped an hour that we know: late rows open it again.
      if (!isMissingPartition(error)) throw error;
      hours = new Set();
      await needHours(wanted);
      return store(readable, data, origin);
    }
  }

  /** Drops the partitions that end before an instant. */
  async function expire(of: PartitionedTable, before: number): Promise<void> {
    const expired = (await listPartitions(pg, of)).filter((start) => partitionEnd(of, start) <= before);
    await dropPartitions(pg, of, expired);
    if (of === HEAD) for (const hour of expired) hours.delete(hour);
  }

  return {
    ...createUsage({ pg, clock, keepMs }),
    write,
    range,
    latest: createLatest({ pg, clock, catalogue, tail: packedTail }),
    series: (filter) => catalogue.series(filter),
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
      const present = await listPartitions(pg, HEAD);
      const ahead = [0, 1, 2, 3].map((n) => partitionStart(HEAD, now) + n * HOUR_MS);
      if (ahead.some((hour) => !present.includes(hour))) await ensurePartitions(pg, HEAD, ahead);
      hours = new Set([...present, ...ahead]);
      await expire(HEAD, now - rawMs);
      for (const table of [PACKED, PACKED_DAYS]) await expire(table, now - rawMs);
      for (const table of [ROLLUP_5M_HOURS, ROLLUP_5M]) await expire(table, now - fiveMinuteMs);
      await expire(ROLLUP_1H, now - hourMs);
      await compactor.run(closed, closed - dayLagMs, signal);
      // Needed only for what a spool delivers again after its process was killed between commit and forgetting: its next
      // start. Four a second make a million rows in three days; more would cost as much disk as the samples.
      await pg.query(`delete from metric_batch where stored_at < now() - interval '3 days'`);
    },
    counters: () => ({ ...counters }),
  };
}
