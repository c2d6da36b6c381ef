import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Point } from '@sotp/contract/metrics.ts';
import { MAX_SPAN_MS } from '#domain/counters.ts';
import type { RangeQuery, RangeResult } from '#stores/metrics/metrics.ts';
import { checkSize } from '#stores/metrics/range-size.ts';
import { LOOK_BACK_MS } from './look.ts';
import type { Looks } from './look.ts';
import { HOUR_MS } from './partitions.ts';

type Range = (query: RangeQuery, signal?: AbortSignal) => Promise<RangeResult[]>;

/** Points of a set of series in so many steps, one series after the other; NaN for null. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly data: Float64Array;
}

const STEPS = 16;
const MAX_BYTES = 32 * 1024 * 1024;

export interface RangeCache {
  readonly range: Range;
  /** Forgets everything: series were parted or joined. */
  forget(): void;
}

/**
 * Keeps what ranges say of hours that are packed, in blocks of a few steps, for pages that ask the same again as time
 * goes on. An hour that is opened again by late rows, and what counters grew from it, is forgotten.
 */
export function createRangeCache(looks: Looks, range: Range, maxBytes = MAX_BYTES): RangeCache {
  const cache = new LRUCache<string, Block>({
    maxSize: maxBytes,
    sizeCalculation: ({ data }) => data.byteLength + 200,
  });
  const seen = new Map<string, number>();
  /** How often something was forgotten: what was read before that is not kept. */
  let forgotten = 0;

  looks.onLook(({ at: now, packed }) => {
    for (const { start, finished } of packed) {
      const key = `${start} ${finished}`;
      if (seen.has(key)) continue;
      seen.set(key, now);
      forgotten++;
      const until = start + HOUR_MS + MAX_SPAN_MS;
      for (const [name, block] of cache.entries()) if (block.to > start && block.from < until) cache.delete(name);
    }
    for (const [key, at] of seen) if (at < now - 2 * LOOK_BACK_MS) seen.delete(key);
  });

  /** Until when answers stay the same. */
  async function settledUntil(): Promise<number> {
    const { hour, head } = await looks.now();
    if (hour === null) return -Infinity;
    return Math.min(hour + HOUR_MS, ...head.filter((start) => start <= hour));
  }

  async function cached(query: RangeQuery, signal?: AbortSignal): Promise<RangeResult[]> {
    const { series, stepMs, fn } = query;
    const from = Math.floor(query.from / stepMs) * stepMs;
    const steps = Math.max(0, Math.ceil((query.to - from) / stepMs));
    checkSize({ ...query, from });
    if (steps < STEPS || series.length === 0) return range(query, signal);
    const until = await settledUntil();
    const asked = forgotten;
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
    const keepUntil = asked === forgotten ? Math.min(until, query.to) : -Infinity;
    for (let start = fresh; start + blockMs <= keepUntil; start += blockMs) {
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
  }

  return {
    range: cached,
    forget() {
      forgotten++;
      cache.clear();
    },
  };
}
