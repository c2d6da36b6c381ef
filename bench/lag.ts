import { quantileOf } from '../server/src/platform/meter.ts';

/** How many polls began how late, by the ends of the buckets in seconds: of all processes of one `/metrics`. */
function lagsOf(metrics: string): Map<number, number> {
  const below = new Map<number, number>();
  for (const [, le, count] of metrics.matchAll(/^sotp_poll_start_lag_seconds_bucket\{.*le="([^"]+)"\} (\S+)$/gm)) {
    const end = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    below.set(end, (below.get(end) ?? 0) + Number(count));
  }
  return below;
}

/**
 * Quantiles of how late polls began between two readings of `/metrics`, of all processes together. A quantile beyond
 * the last bucket is told as infinite. Processes must have lived through it.
 */
export function lagMs(before: string, after: string): { p50: number; p99: number } {
  const [was, is] = [lagsOf(before), lagsOf(after)];
  const ends = [...is.keys()].toSorted((a, b) => a - b);
  let lower = 0;
  const counts = ends.map((end) => {
    const upTo = (is.get(end) ?? 0) - (was.get(end) ?? 0);
    const own = upTo - lower;
    lower = upTo;
    return own;
  });
  const of = (q: number) => Math.round(quantileOf({ bounds: ends, counts }, q) * 1_000);
  return { p50: of(0.5), p99: of(0.99) };
}
