import type { Clock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { Log } from '#platform/log.ts';
import { addSamples, emptyBuckets, quantiles, toPoints } from '#stores/metrics/aggregate.ts';
import type {
  BatchOrigin,
  LatestValue,
  MetricStore,
  PollRow,
  RangeQuery,
  RangeResult,
} from '#stores/metrics/metrics.ts';
import type { Postgres } from '#stores/postgres/postgres.ts';
import { createCatalogue } from './catalogue.ts';
import { groupRows, readHead, readLast } from './head.ts';
import {
  DAY_MS,
  HEAD,
  HOUR_MS,
  dropPartitions,
  ensurePartitions,
  listPartitions,
  partitionStart,
} from './partitions.ts';
import { encodeRows } from './row-copy.ts';
import { seriesTimeline } from './timeline.ts';

/** Rows dated further into the future come from a clock that is wrong. */
const MAX_AHEAD_MS = DAY_MS;
/** A query that would give more points than this is refused. */
const MAX_POINTS = 5_000_000;
const DEVICES_PER_READ = 50;

export interface Retention {
  readonly rawDays: number;
}

export interface PackedMetricStoreDeps {
  readonly pg: Postgres;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention?: Retention;
}

/** What the store did not keep, by reason; for `/metrics`. */
export interface PackedCounters {
  stored: number;
  droppedTooOld: number;
  droppedInFuture: number;
}

/** The metric store in plain PostgreSQL. */
export function createPackedMetricStore(deps: PackedMetricStoreDeps): MetricStore & { counters(): PackedCounters } {
  const { pg, clock, log } = deps;
  const rawMs = (deps.retention?.rawDays ?? 30) * DAY_MS;
  const catalogue = createCatalogue(pg);
  const counters: PackedCounters = { stored: 0, droppedTooOld: 0, droppedInFuture: 0 };
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
    const data = encodeRows(rows, await catalogue.resolve(rows));
    const wanted = new Set(rows.map((row) => partitionStart(HEAD, row.at)));
    await needHours(wanted);
    try {
      return await store(rows, data, origin);
    } catch (error) {
      // The compactor of another process may have closed and dropped an hour that we know: late rows open it again.
      if (!isMissingPartition(error)) throw error;
      hours = new Set();
      await needHours(wanted);
      return store(rows, data, origin);
    }
  }

  async function range(query: RangeQuery, signal?: AbortSignal): Promise<RangeResult[]> {
    const { stepMs, fn } = query;
    const from = Math.floor(query.from / stepMs) * stepMs;
    const length = Math.max(0, Math.ceil((query.to - from) / stepMs));
    if (length * query.series.length > MAX_POINTS) {
      throw new AppError(
        'query_too_large',
        `This query would give more than ${MAX_POINTS} points: ask for fewer series or a longer step.`,
      );
    }
    const results = new Map<number, RangeResult>();
    const deviceIds = [...new Set(query.series.map((series) => series.deviceId))];
    for (let start = 0; start < deviceIds.length; start += DEVICES_PER_READ) {
      signal?.throwIfAborted();
      const part = new Set(deviceIds.slice(start, start + DEVICES_PER_READ));
      const wanted = query.series.filter((series) => part.has(series.deviceId));
      const ids = new Set(wanted.map((series) => series.id));
      const layouts = (await catalogue.layoutsOf([...part])).filter((layout) =>
        layout.series.some((id) => ids.has(id)),
      );
      const selection = { deviceIds: [...part], layoutIds: layouts.map((layout) => layout.id), from, to: query.to };
      const rows = await readHead(pg, selection);
      const needsBefore = wanted.some((series) => series.kind === 'counter');
      if (needsBefore) rows.push(...(await readLast(pg, layouts, from, { polls: 1 })));
      const blocks = groupRows(rows);
      for (const series of wanted) {
        const own = layouts.filter((layout) => layout.deviceId === series.deviceId);
        const samples = seriesTimeline(blocks.get(series.deviceId) ?? [], own, series.id);
        const buckets = emptyBuckets(from, stepMs, length, series.kind);
        if (fn === 'p95') {
          results.set(series.id, { series, points: quantiles(buckets, samples, 0.95) });
          continue;
        }
        addSamples(buckets, samples);
        results.set(series.id, { series, points: toPoints(buckets, fn) });
      }
    }
    return query.series.map((series) => results.get(series.id) ?? { series, points: [] });
  }

  async function latest(deviceId: number, maxAgeMs: number): Promise<LatestValue[]> {
    const layouts = await catalogue.layoutsOf([deviceId]);
    const now = clock.now() + 1;
    const blocks = groupRows(await readLast(pg, layouts, now, { polls: 3, maxAgeMs: maxAgeMs + 1 }));
    const all = await catalogue.series({ deviceIds: [deviceId], limit: 1_000_000 });
    const found: LatestValue[] = [];
    for (const series of all) {
      const samples = seriesTimeline(blocks.get(deviceId) ?? [], layouts, series.id);
      for (let i = samples.length - 1; i >= 0; i--) {
        const value = samples.values[i]!;
        if (value !== value) continue;
        found.push({ series, at: samples.at[i]!, value });
        break;
      }
    }
    return found;
  }

  return {
    write,
    range,
    latest,
    series: (filter) => catalogue.series(filter),
    async removeDevice(deviceId) {
      await catalogue.removeDevice(deviceId);
      await pg.query('delete from metric_head where device_id = $1', [deviceId]);
    },
    async maintain(now) {
      const present = await listPartitions(pg, HEAD);
      const ahead = [0, 1, 2, 3].map((n) => partitionStart(HEAD, now) + n * HOUR_MS);
      if (ahead.some((hour) => !present.includes(hour))) await ensurePartitions(pg, HEAD, ahead);
      hours = new Set([...present, ...ahead]);
      const expired = present.filter((hour) => hour + HOUR_MS <= now - rawMs);
      await dropPartitions(pg, HEAD, expired);
      for (const hour of expired) hours.delete(hour);
      await pg.query(`delete from metric_batch where stored_at < now() - interval '35 days'`);
    },
    counters: () => ({ ...counters }),
  };
}

function isMissingPartition(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23514' && /no partition/.test(error.message);
}
