import { queryOptions } from '@tanstack/react-query';
import type { Api } from '#lib/api.ts';

const LOOK_EVERY_MS = 10_000;

/** What is not being watched, and why. */
export function blindSpots(api: Api) {
  return queryOptions({ queryKey: ['blind-spots'], queryFn: () => api.blindSpots(), refetchInterval: LOOK_EVERY_MS });
}
