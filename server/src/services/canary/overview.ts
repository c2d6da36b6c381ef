import type { Canary } from '@sotp/contract/canary.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';

/** What the hub that leads has told of the canary, for whichever hub is asked. */
export function canaryOverview(book: Pick<ProcessBook, 'reports'>): Canary {
  const told = book
    .reports()
    .find(({ role, counters }) => role === 'hub' && 'canary_seen_total{path="metric"}' in counters);
  if (!told) return { running: false, paths: [] };
  const { counters, at } = told;
  const paths = (['metric', 'log', 'alert'] as const).map((path) => {
    const label = `path="${path}"`;
    const age = counters[`canary_newest_age_seconds{${label}}`];
    return {
      path,
      latencyP50Ms: counters[`canary_latency_ms{${label},quantile="0.5"}`] ?? null,
      latencyP99Ms: counters[`canary_latency_ms{${label},quantile="0.99"}`] ?? null,
      lossPercent: counters[`canary_loss_percent{${label}}`] ?? 0,
      lostLastHour: counters[`canary_lost_last_hour{${label}}`] ?? 0,
      newestAt: age === undefined ? null : new Date(at - age * 1_000).toISOString(),
    };
  });
  return { running: true, paths };
}
