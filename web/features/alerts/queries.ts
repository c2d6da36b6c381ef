import { queryOptions } from '@tanstack/react-query';
import type { AlertState } from '@sotp/contract/alerts.ts';
import type { Api } from '#lib/api.ts';

const LOOK_EVERY_MS = 30_000;
const SHOWN = 100;

/** The newest alerts in a state. */
export function alertList(api: Api, state: AlertState) {
  return queryOptions({
    queryKey: ['alerts', 'list', state],
    queryFn: () => api.alerts.list({ state, limit: SHOWN }),
    refetchInterval: LOOK_EVERY_MS,
  });
}

/** How many fire. */
export function alertSummary(api: Api) {
  return queryOptions({
    queryKey: ['alerts', 'summary'],
    queryFn: () => api.alerts.summary(),
    refetchInterval: LOOK_EVERY_MS,
  });
}

export function channelList(api: Api) {
  return queryOptions({ queryKey: ['channels'], queryFn: () => api.channels.list(), refetchInterval: LOOK_EVERY_MS });
}

/** What was sent last. */
export function notificationList(api: Api, state: string | null) {
  return queryOptions({
    queryKey: ['notifications', state],
    queryFn: () => api.notifications({ state: state ?? undefined, limit: SHOWN }),
    refetchInterval: LOOK_EVERY_MS,
  });
}
