/** How far back the pages can look, by name. */
export const RANGES = {
  '15m': { title: 'Last 15 minutes', ms: 15 * 60_000 },
  '1h': { title: 'Last hour', ms: 3_600_000 },
  '6h': { title: 'Last 6 hours', ms: 6 * 3_600_000 },
  '24h': { title: 'Last 24 hours', ms: 86_400_000 },
  '7d': { title: 'Last 7 days', ms: 7 * 86_400_000 },
  '30d': { title: 'Last 30 days', ms: 30 * 86_400_000 },
} as const;
export type RangeName = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as RangeName[];
export const DEFAULT_RANGE: RangeName = '15m';

/** Either the last so and so long, which moves on, or two fixed instants. */
export type TimeWindow =
  | { readonly kind: 'last'; readonly range: RangeName; readonly spanMs: number }
  | { readonly kind: 'fixed'; readonly from: number; readonly to: number; readonly spanMs: number };

/** Reads `?range=` or `?from=&to=`; anything odd means the default. */
export function windowOf(params: { get(name: string): string | null }): TimeWindow {
  const from = Number(params.get('from') ?? Number.NaN);
  const to = Number(params.get('to') ?? Number.NaN);
  if (Number.isFinite(from) && Number.isFinite(to) && to > from) return { kind: 'fixed', from, to, spanMs: to - from };
  const range = RANGE_NAMES.find((name) => name === params.get('range')) ?? DEFAULT_RANGE;
  return { kind: 'last', range, spanMs: RANGES[range].ms };
}

/** Seconds between points: a whole number of polling intervals, so that every step holds as many polls as the next. */
export function stepFor(spanMs: number, intervalSeconds: number, points: number): number {
  const interval = Math.max(1, intervalSeconds);
  return Math.max(1, Math.ceil(spanMs / 1000 / points / interval)) * interval;
}
