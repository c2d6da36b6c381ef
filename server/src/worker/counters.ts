/** A distribution whose recent quantiles can be asked; keeps the newest `size` values. */
export interface Distribution {
  add(value: number): void;
  /** The value below which the share `q` of the recent values lies; 0 when there are none. */
  quantile(q: number): number;
}

/** Costs a store per value; sorting happens only when somebody asks. */
export function createDistribution(size = 4_096): Distribution {
  const values = new Float64Array(size);
  let count = 0;
  return {
    add(value) {
      values[count % size] = value;
      count++;
    },
    quantile(q) {
      const filled = Math.min(count, size);
      if (filled === 0) return 0;
      const sorted = values.slice(0, filled).toSorted();
      return sorted[Math.min(filled - 1, Math.floor(q * filled))] ?? 0;
    },
  };
}
