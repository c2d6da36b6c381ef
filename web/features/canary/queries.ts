import { queryOptions } from '@tanstack/react-query';
import type { Api } from '#lib/api.ts';

const LOOK_EVERY_MS = 10_000;

/** What the canary has found. */
export function canaryState(api: Api) {
  return queryOptions({ queryKey: ['canary'], queryFn: () => api.canary(), refetchInterval: LOOK_EVERY_MS });
}
