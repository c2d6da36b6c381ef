import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { windowOf, type TimeWindow } from '#features/metrics/window.ts';
import type { Api } from '#lib/api.ts';

/** What the page shows, from its address. */
export interface LogFilter {
  readonly query: string;
  readonly severity: string;
  readonly device: string;
  readonly window: TimeWindow;
}

export function logFilterOf(params: { get(name: string): string | null }): LogFilter {
  return {
    query: params.get('q') ?? '',
    severity: params.get('severity') ?? '',
    device: params.get('device') ?? '',
    window: windowOf(params),
  };
}

function asked({ query, severity, device, window }: LogFilter) {
  const range =
    window.kind === 'fixed'
      ? { from: String(Math.round(window.from)), to: String(Math.round(window.to)) }
      : { from: `now-${window.spanMs / 1000}s`, to: 'now' };
  return { query: query || undefined, severity: severity || undefined, device: device || undefined, ...range };
}

/** Lines, newest first, by 200. */
export function logList(api: Api, filter: LogFilter) {
  const query = asked(filter);
  return infiniteQueryOptions({
    queryKey: ['logs', 'list', query],
    queryFn: ({ pageParam, signal }) => api.logs.list({ ...query, limit: 200, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** Counts by severity over the window; all severities, so that the chips can tell how many each would show. */
export function logHistogram(api: Api, filter: LogFilter) {
  const query = { ...asked(filter), severity: undefined };
  return queryOptions({
    queryKey: ['logs', 'histogram', query],
    queryFn: ({ signal }) => api.logs.histogram(query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: filter.window.kind === 'last' ? Math.max(10_000, filter.window.spanMs / 120) : false,
    retry: false,
  });
}

/** The shapes of the lines in the window. */
export function logPatterns(api: Api, filter: LogFilter) {
  const query = asked(filter);
  return queryOptions({
    queryKey: ['logs', 'patterns', query],
    queryFn: ({ signal }) => api.logs.patterns(query, signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** Where the lines of the filter can be had as a file. */
export function exportHref(filter: LogFilter, format: 'csv' | 'ndjson'): string {
  const given = Object.entries({ ...asked(filter), format }).filter((pair): pair is [string, string] =>
    Boolean(pair[1]),
  );
  return `/api/v1/logs/export?${new URLSearchParams(given)}`;
}

export function logDetail(api: Api, id: string) {
  return queryOptions({ queryKey: ['logs', 'line', id], queryFn: () => api.logs.get(id), retry: false });
}

export function logContext(api: Api, id: string) {
  return queryOptions({ queryKey: ['logs', 'context', id], queryFn: () => api.logs.context(id), retry: false });
}

export function logSenders(api: Api) {
  return queryOptions({ queryKey: ['logs', 'senders'], queryFn: () => api.logs.senders(), refetchInterval: 30_000 });
}

const quoted = (value: string) => (/^[\w.@/-]+$/.test(value) ? value : `"${value.replaceAll(/(["\\])/g, '\\$1')}"`);

/** The query narrowed to a value, or to all others; or back when it was narrowed to it already. */
export function withTerm(query: string, name: string, value: string, exclude = false): string {
  const term = `${exclude ? '-' : ''}${name}:${quoted(value)}`;
  const parts = ` ${query} `;
  if (parts.includes(` ${term} `)) return parts.replace(` ${term} `, ' ').trim();
  return `${query} ${term}`.trim();
}

/** Queries whose matching lines are counted. */
export function countedQueries(api: Api) {
  return queryOptions({ queryKey: ['log-queries'], queryFn: () => api.logs.counted() });
}

/** What lines take on disk. */
export function logUsage(api: Api) {
  return queryOptions({ queryKey: ['log-usage'], queryFn: () => api.logs.usage(), staleTime: 60_000 });
}
