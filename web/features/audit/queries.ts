import { infiniteQueryOptions } from '@tanstack/react-query';
import type { Api } from '#lib/api.ts';

/** The trail, newest first, by 200. */
export function auditTrail(api: Api) {
  return infiniteQueryOptions({
    queryKey: ['audit'],
    queryFn: ({ pageParam }) => api.audit.list({ limit: 200, cursor: pageParam ?? undefined }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}
