/** What a histogram has seen since the process began. */
export interface HistogramReading {
  /** Upper ends of the buckets, ascending; values above the last fall into one bucket more. */
  readonly bounds: readonly number[];
  /** Values of each bucket alone, not of those below it; one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A distribution in fixed buckets: a value costs two additions, and nothing is allocated. */
export interface Histogram {
  observe(value: number): void;
  reading(): HistogramReading;
}

/** From a millisecond to half a minute: what anything here may take. */
export const SECONDS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createHistogram(bounds: readonly number[] = SECONDS): Histogram {
  const ends = Float64Array.from(bounds);
  const counts = new Float64Array(ends.length + 1);
  let sum = 0;
  return {
    observe(value) {
      let bucket = 0;
      while (bucket < ends.length && value > (ends[bucket] as number)) bucket++;
      counts[bucket] = (counts[bucket] as number) + 1;
      sum += value;
    },
    reading: () => ({ bounds, counts: [...counts], sum }),
  };
}

/**
 * What one process measures of itself. Names are as in `ProcessReport`: without the prefix `sotp_`, labels in braces
 * behind them. Asked twice for one name it answers the same histogram or counter.
 */
export interface Meter {
  histogram(name: string, bounds?: readonly number[]): Histogram;
  /** Counts one more, or so many; 0 makes it seen before anything has happened. */
  count(name: string, more?: number): void;
  counters(): Record<string, number>;
  histograms(): Record<string, HistogramReading>;
}

export function createMeter(): Meter {
  const histograms = new Map<string, Histogram>();
  const counters = new Map<string, number>();
  return {
    histogram(name, bounds) {
      let known = histograms.get(name);
      if (!known) histograms.set(name, (known = createHistogram(bounds)));
      return known;
    },
    count: (name, more = 1) => void counters.set(name, (counters.get(name) ?? 0) + more),
    counters: () => Object.fromEntries(counters),
    histograms: () => Object.fromEntries([...histograms].map(([name, histogram]) => [name, histogram.reading()])),
  };
}

/**
 * The value below which the share `q` of the values lies, as near as buckets tell: between the ends of its bucket it is
 * interpolated. Of those above the last bound only that is known. 0 when there are none.
 */
export function quantileOf({ bounds, counts }: Pick<HistogramReading, 'bounds' | 'counts'>, q: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return 0;
  const wanted = q * total;
  let below = 0;
  for (const [i, end] of bounds.entries()) {
    const count = counts[i] ?? 0;
    if (count > 0 && below + count >= wanted) {
      const start = bounds[i - 1] ?? 0;
      return start + ((end - start) * (wanted - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1) ?? 0;
}

/** What a histogram has seen since an earlier reading of the same process; all of it when that was of another one. */
export function since(now: HistogramReading, before: HistogramReading | undefined): HistogramReading {
  if (!before || before.counts.length !== now.counts.length) return now;
  const counts = now.counts.map((count, i) => count - (before.counts[i] ?? 0));
  return counts.some((count) => count < 0) ? now : { bounds: now.bounds, counts, sum: now.sum - before.sum };
}
