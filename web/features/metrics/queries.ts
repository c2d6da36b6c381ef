import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { MetricAnswer, RangeFunction } from '@sotp/contract/metrics.ts';
import type { Api } from '#lib/api.ts';
import { queryString } from '#lib/client.ts';
import type { TimeWindow } from './window.ts';

export interface RangeRequest {
  readonly device: string;
  readonly metric: string;
  readonly window: TimeWindow;
  readonly step: number;
  readonly fn?: RangeFunction;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Key of a metric query: the device comes second so that live samples find every answer they belong to. */
export function rangeKey({ device, metric, window, step, fn, labels }: RangeRequest) {
  const span = window.kind === 'last' ? window.range : `${window.from}-${window.to}`;
  return [
    'metrics',
    device,
    { metric, span, step, fn, labels, moving: window.kind === 'last', spanMs: window.spanMs },
  ] as const;
}
export type RangeKey = ReturnType<typeof rangeKey>;

function asked({ device, metric, window, step, fn, labels }: RangeRequest) {
  const [from, to] = window.kind === 'last' ? [`now-${window.range}`, 'now'] : [String(window.from), String(window.to)];
  const narrow = Object.fromEntries(Object.entries(labels ?? {}).map(([name, value]) => [`label.${name}`, value]));
  return { device, metric, from, to, step: `${step}s`, fn, ...narrow };
}

/** Where the points of a request can be had as a file: as stored, without what a chart makes of them. */
export function csvHref(request: RangeRequest): string {
  return `/api/v1/metrics/query.csv${queryString(asked(request))}`;
}

/** One metric of a device over the page's window; a moving one is checked against the store once a minute. */
export function rangeQuery(api: Api, request: RangeRequest) {
  const { window, step } = request;
  return queryOptions({
    queryKey: rangeKey(request),
    queryFn: ({ signal }): Promise<MetricAnswer> => api.metrics.query(asked(request), signal),
    staleTime: 30_000,
    refetchInterval: window.kind === 'last' ? Math.max(60_000, step * 1000) : false,
    placeholderData: keepPreviousData,
  });
}
