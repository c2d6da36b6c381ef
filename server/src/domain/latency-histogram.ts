/** Every bucket reaches 5 % further than the one before it; the first one ends at 1 ms. */
const STEP = Math.log(1.05);
const BUCKETS = 360;

/** Counts of latencies in about equal shares of their size: a quantile is right to 5 %, whatever the range. */
export interface LatencyHistogram {
  readonly counts: Uint32Array;
}

export function emptyHistogram(): LatencyHistogram {
  return { counts: new Uint32Array(BUCKETS) };
}

export function addLatency({ counts }: LatencyHistogram, ms: number): void {
  const bucket = ms <= 1 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms) / STEP));
  counts[bucket]!++;
}

/** The latency that the share `q` does not pass, in ms, over all of the histograms; null when they are empty. */
export function quantileOf(histograms: readonly LatencyHistogram[], q: number): number | null {
  const sums = new Float64Array(BUCKETS);
  let all = 0;
  for (const { counts } of histograms) {
    for (let i = 0; i < BUCKETS; i++) {
      sums[i]! += counts[i]!;
      all += counts[i]!;
    }
  }
  if (all === 0) return null;
  let below = 0;
  for (let i = 0; i < BUCKETS; i++) {
    below += sums[i]!;
    if (below >= q * all) return Math.exp(i * STEP);
  }
  return Math.exp((BUCKETS - 1) * STEP);
}
