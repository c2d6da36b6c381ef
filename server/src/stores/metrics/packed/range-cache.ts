import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { MAX_SPAN_MS } from '#domain/counters.ts';
import { pointsOf } from '#stores/metrics/aggregate.ts';
import type { MetricStore, RangeQuery, RangeResult, StoredSeries } from '#stores/metrics/metrics.ts';
import { checkSize } from '#stores/metrics/range-size.ts';
import { LOOK_BACK_MS } from './look.ts';
import type { Looks } from './look.ts';
import { HOUR_MS } from './partitions.ts';
import type { ReadRange } from './range.ts';

/** Values of a set of series in steps on end, one series after the other, `length` of them each; NaN for none. */
interface Run {
  readonly from: number;
  /** Below `from + length * stepMs` when what came later was forgotten. */
  readonly to: number;
  readonly length: number;
  readonly data: Float64Array;
}

/** Of fewer steps nothing is kept. */
const STEPS_MIN = 16;
const MAX_BYTES = 32 * 1024 * 1024;

export interface RangeCache {
  readonly range: MetricStore['range'];
  /** Forgets everything: series were parted or joined. */
  forget(): void;
}

/** Values of the series at a place in a run, from one instant to another. */
function partOf({ from: start, length, data }: Run, stepMs: number, place: number, from: number, to: number) {
  const first = place * length;
  return data.subarray(first + (from - start) / stepMs, first + (to - start) / stepMs);
}

/** Points are made when they are asked for: those of many series at once would be in memory for as long as the answer takes. */
function resultOf(series: StoredSeries, from: number, stepMs: number, values: Float64Array): RangeResult {
  return {
    series,
    get points() {
      return pointsOf(from, stepMs, values);
    },
  };
}

/**
 * Keeps what ranges say of hours that are packed, for pages that ask the same again as time goes on. An hour that is
 * opened again by late rows is forgotten, and what comes behind it, which counters grew from.
 */
export function createRangeCache(looks: Looks, range: ReadRange, maxBytes = MAX_BYTES): RangeCache {
  const cache = new LRUCache<string, Run>({
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
      // Setting an entry moves it: what is gone through is a copy.
      const runs = Array.from(cache.entries());
      for (const [name, run] of runs) {
        if (run.to <= start || run.from >= start + HOUR_MS + MAX_SPAN_MS) continue;
        if (run.from >= start) cache.delete(name);
        else cache.set(name, { ...run, to: start });
      }
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
    if (steps < STEPS_MIN || series.length === 0) {
      const results = await range({ ...query, from }, signal);
      return results.map(({ series: one, values }) => resultOf(one, from, stepMs, values));
    }
    const until = await settledUntil();
    const asked = forgotten;
    const down = (instant: number) => Math.floor(instant / stepMs) * stepMs;
    const name = createHash('md5')
      .update(`${fn} ${stepMs} ${series.map(({ id }) => id).join()}`)
      .digest('base64');
    const run = cache.get(name);
    const reaches = run && run.from <= from ? down(Math.min(run.to, until, from + steps * stepMs)) : from;
    const known = run && reaches > from ? run : undefined;
    const fresh = known ? reaches : from;
    const results = fresh < query.to ? await range({ ...query, from: fresh }, signal) : undefined;
    const all = series.map((_one, i) => {
      const found = results?.[i]?.values;
      if (!known) return found ?? new Float64Array(steps).fill(Number.NaN);
      const values = new Float64Array(steps).fill(Number.NaN);
      values.set(partOf(known, stepMs, i, from, fresh));
      if (found) values.set(found, (fresh - from) / stepMs);
      return values;
    });
    const settled = down(Math.min(until, query.to));
    if (asked === forgotten && settled > fresh) keep(name, known, { from, stepMs, settled, all });
    return all.map((values, i) => resultOf(series[i]!, from, stepMs, values));
  }

  /** Keeps what is settled, behind what was kept of the time before unless that is more than was asked for. */
  function keep(
    name: string,
    known: Run | undefined,
    { from, stepMs, settled, all }: { from: number; stepMs: number; settled: number; all: readonly Float64Array[] },
  ): void {
    const since = known && from - known.from <= settled - from ? known.from : from;
    const length = (settled - since) / stepMs;
    const data = new Float64Array(all.length * length);
    for (const [i, values] of all.entries()) {
      if (known && since < from) data.set(partOf(known, stepMs, i, since, from), i * length);
      data.set(values.subarray(0, (settled - from) / stepMs), i * length + (from - since) / stepMs);
    }
    cache.set(name, { from: since, to: settled, length, data });
  }

  return {
    range: cached,
    forget() {
      forgotten++;
      cache.clear();
    },
  };
}
