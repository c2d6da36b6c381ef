/** More addresses than any network has; those beyond share one limit, so that forged ones cannot fill the memory. */
const SOURCES_MAX = 20_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * True while an address stays within its limit: so many at once, and as many more each second. Seconds are not counted
 * from the clock's, so that nobody gets twice as much around a boundary.
 */
export function createSourceLimit(perSecond: number, nowMs: () => number): (source: string) => boolean {
  let buckets = new Map<string, Bucket>();
  let sweptMs = 0;
  const others: Bucket = { tokens: perSecond, atMs: 0 };

  /** Full buckets say nothing that a new one would not. */
  function sweep(now: number): void {
    if (now - sweptMs < 1000) return;
    sweptMs = now;
    buckets = new Map([...buckets].filter(([, bucket]) => now - bucket.atMs < 1000));
  }

  return (source) => {
    const now = nowMs();
    let bucket = buckets.get(source);
    if (!bucket) {
      if (buckets.size >= SOURCES_MAX) sweep(now);
      if (buckets.size >= SOURCES_MAX) bucket = others;
      else buckets.set(source, (bucket = { tokens: perSecond, atMs: now }));
    }
    bucket.tokens = Math.min(perSecond, bucket.tokens + ((now - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}
