/** A distribution whose recent quantiles can be asked: of the values of the last minute, at most the newest `size`. */
export interface Distribution {
  add(value: number): void;
  /** The value below which the share `q` of the recent values lies; 0 when there are none. */
  quantile(q: number): number;
}

const RECENT_MS = 60_000;

/** Costs two stores per value; sorting happens only when somebody asks. */
export function createDistribution(now: () => number, size = 8_192): Distribution {
  const values = new Float64Array(size);
  const instants = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
  let count = 0;
  return {
    add(value) {
      values[count % size] = value;
      instants[count % size] = now();
      count++;
    },
    quantile(q) {
      const since = now() - RECENT_MS;
      const sorted = values.filter((_, i) => (instants[i] ?? 0) >= since).toSorted();
      return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
    },
  };
}
