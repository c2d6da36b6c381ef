import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Task } from '@sotp/contract/devices.ts';
import type { Api } from '#lib/api.ts';

/** Collectors tell of themselves every ten seconds. */
const TOLD_EVERY_MS = 10_000;

/** Who works on what. */
export function fleetState(api: Api) {
  return queryOptions({ queryKey: ['fleet'], queryFn: () => api.fleet.get(), refetchInterval: TOLD_EVERY_MS });
}

/** Tasks, newest first, by 100. */
export function taskList(api: Api, state: Task['state'] | null) {
  return infiniteQueryOptions({
    queryKey: ['tasks', state],
    queryFn: ({ pageParam }) =>
      api.tasks.list({ limit: 100, cursor: pageParam ?? undefined, state: state ?? undefined }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: TOLD_EVERY_MS,
  });
}
