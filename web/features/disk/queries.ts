import { queryOptions } from '@tanstack/react-query';
import type { Api } from '#lib/api.ts';

/** What time series take on disk, and will take. */
export function metricUsage(api: Api) {
  return queryOptions({
    queryKey: ['metric-usage'],
    queryFn: () => api.metrics.usage(),
    staleTime: 60_000,
    refetchInterval: 60_000,
  });
}

/** What the time series of one device take on disk. */
export function deviceUsage(api: Api, id: string) {
  return queryOptions({
    queryKey: ['metric-usage', id],
    queryFn: () => api.metrics.deviceUsage(id),
    staleTime: 60_000,
    retry: false,
  });
}
