import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Point } from '@sotp/contract/metrics.ts';
import { MAX_SPAN_MS } from '#domain/counters.ts';
import type { RangeQuery, RangeResult } from '#stores/metrics/metrics.ts';
import { checkSize } from '#stores/metrics/range-size.ts';
import type { Postgres, Queryable } from '#stores/postgres/postgres.ts';
import { HEAD, HOUR_MS, listPartitions } from './partitions.ts';

type Range = (query: RangeQuery, signal?: AbortSignal) => Promise<RangeResult[]>;

/** Points of a set of series in so many steps, one series after the other; NaN for null. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly data: Float64Array;
}

const STEPS = 16;
const MAX_BYTES = 32 * 1024 * 1024;
/** A transaction that was long under way may finish an hour with an instant before our last look. */
const LOOK_BACK_MS = 10 * 60_000;

/**
 * Keeps what ranges say of hours that are packed, in blocks of a few steps, for pages that ask the same again as time
 * goes on. An hour that is opened again by late rows, and what counters grew from it, is forgotten.
 */
export function createRangeCache(pg: Postgres, range: Range, maxBytes = MAX_BYTES): Range {
  const cache = new LRUCache<string, Block>({
    maxSize: maxBytes,
    sizeCalculation: ({ data }) => data.byteLength + 200,
  });
  let lookedAt: Date | undefined;
  const seen = new Map<string, number>();

  /** Until when answers stay the same; forgets those that no longer hold. */
  async function settledUntil(db: Queryable): Promise<number> {
    const since = lookedAt ? new Date(lookedAt.getTime() - LOOK_BACK_MS) : null;
    const { rows } = await db.query<{ now: Date; hour: Date | null; changes: { start: number; finished: string }[] }>(
      `select now() as now,
         (select max(start) from metric_compaction where tier = 'hour' and finished_at is not null) as hour,
         (select coalesce(json_agg(json_build_object('start', extract(epoch from start) * 1000, 'finished', finished_at)), '[]')
          from metric_compaction where tier = 'hour' and finished_at > coalesce($1::timestamptz, now() - interval '10 minutes')) as changes`,
      [since],
      'range-settled',
    );
    const [row] = rows;
    if (!row?.hour) return -Infinity;
    for (const { start, finished } of row.changes) {
      const key = `${start} ${finished}`;
      if (seen.has(key)) continue;
      seen.set(key, row.now.getTime());
      const until = start + HOUR_MS + MAX_SPAN_MS;
      for (const [name, block] of cache.entries()) if (block.to > start && block.from < until) cache.delete(name);
    }
    for (const [key, at] of seen) if (at < row.now.getTime() - 2 * LOOK_BACK_MS) seen.delete(key);
    lookedAt = row.now;
    const open = (await listPartitions(db, HEAD)).filter((start) => start <= row.hour!.getTime());
    return Math.min(row.hour.getTime() + HOUR_MS, ...open);
  }

  return async function cached(query, signal) {
    const { series, stepMs, fn } = query;
    const from = Math.floor(query.from / stepMs) * stepMs;
    const steps = Math.max(0, Math.ceil((query.to - from) / stepMs));
    checkSize({ ...query, from });
    if (steps < STEPS || series.length === 0) return range(query, signal);
    const until = await settledUntil(signal ? pg.abortable(signal) : pg);
    const blockMs = STEPS * stepMs;
    const set = createHash('md5')
      .update(`${fn} ${stepMs} ${series.map(({ id }) => id).join()}`)
      .digest('base64');
    const nameOf = (start: number) => `${set} ${start}`;

    const known: Block[] = [];
    let fresh = Math.floor(from / blockMs) * blockMs;
    for (; fresh < query.to && fresh + blockMs <= until; fresh += blockMs) {
      const block = cache.get(nameOf(fresh));
      if (!block) break;
      known.push(block);
    }
    const results =
      fresh < query.to
        ? await range({ ...query, from: fresh }, signal)
        : series.map((one) => ({ series: one, points: [] }));
    for (let start = fresh; start + blockMs <= Math.min(until, query.to); start += blockMs) {
      const data = new Float64Array(series.length * STEPS);
      const offset = (start - fresh) / stepMs;
      for (const [i, { points }] of results.entries()) {
        for (let k = 0; k < STEPS; k++) data[i * STEPS + k] = points[offset + k]?.[1] ?? Number.NaN;
      }
      cache.set(nameOf(start), { from: start, to: start + blockMs, data });
    }
    return results.map(({ series: one, points }, i) => {
      const all: Point[] = [];
      for (const { from: start, data } of known) {
        for (let k = 0; k < STEPS; k++) {
          const value = data[i * STEPS + k]!;
          all.push([start + k * stepMs, value === value ? value : null]);
        }
      }
      for (const point of points) all.push(point);
      return { series: one, points: all.filter(([at]) => at >= from && at < query.to) };
    });
  };
}
