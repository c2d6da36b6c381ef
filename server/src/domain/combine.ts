import type { Aggregate, Point } from '@sotp/contract/metrics.ts';

/** Series that are put together step by step; a step in which none has a value stays null. */
export interface Combined {
  /** Points of one more series, on the same steps. */
  add(points: readonly Point[]): void;
  points(): Point[];
}

/** `quantile` takes the nearest rank, as p95 does over time. */
export function createCombined(aggregate: Aggregate, quantile = 0.5): Combined {
  let instants: number[] = [];
  let counts = new Float64Array(0);
  let values = new Float64Array(0);
  const ranked: number[][] = [];

  function open(points: readonly Point[]): void {
    instants = points.map(([at]) => at);
    counts = new Float64Array(points.length);
    values = new Float64Array(points.length);
    if (aggregate === 'quantile') for (const _ of points) ranked.push([]);
  }

  function put(i: number, value: number): void {
    const first = counts[i] === 0;
    counts[i]! += 1;
    if (aggregate === 'quantile') ranked[i]?.push(value);
    else if (aggregate === 'min') values[i] = first ? value : Math.min(values[i]!, value);
    else if (aggregate === 'max') values[i] = first ? value : Math.max(values[i]!, value);
    else values[i]! += value;
  }

  function valueOf(i: number): number | null {
    const count = counts[i]!;
    if (count === 0) return null;
    if (aggregate === 'count') return count;
    if (aggregate === 'avg') return values[i]! / count;
    if (aggregate !== 'quantile') return values[i]!;
    const sorted = ranked[i]!.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)]!;
  }

  return {
    add(points) {
      if (instants.length === 0) open(points);
      for (let i = 0; i < points.length; i++) {
        const value = points[i]![1];
        if (value !== null) put(i, value);
      }
    },
    points: () => instants.map((at, i): Point => [at, valueOf(i)]),
  };
}

/** How much a value changed from each span to the next: null where either has none. The first point only leads in. */
export function changes(points: readonly Point[]): Point[] {
  return points.slice(1).map(([at, value], i): Point => {
    const before = points[i]![1];
    return [at, value === null || before === null ? null : value - before];
  });
}

/** The mean of the points that have a value; -Infinity when none has. */
export function meanOf(points: readonly Point[]): number {
  let count = 0;
  let sum = 0;
  for (const [, value] of points) {
    if (value === null) continue;
    count++;
    sum += value;
  }
  return count === 0 ? -Infinity : sum / count;
}

/** Keeps the `k` entries with the greatest rank, the greatest first; of equals those that came first. */
export function createTop<T>(k: number) {
  const kept: { readonly rank: number; readonly entry: T }[] = [];
  return {
    add(rank: number, entry: T): void {
      if (kept.length >= k && !(rank > kept.at(-1)!.rank)) return;
      const place = kept.findIndex((one) => rank > one.rank);
      kept.splice(place < 0 ? kept.length : place, 0, { rank, entry });
      if (kept.length > k) kept.pop();
    },
    entries: (): T[] => kept.map(({ entry }) => entry),
  };
}
