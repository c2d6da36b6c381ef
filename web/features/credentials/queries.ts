import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Api } from '#lib/api.ts';

export function credentialList(api: Api) {
  return queryOptions({ queryKey: ['credentials'], queryFn: () => api.credentials.list() });
}

export function oneCredential(api: Api, id: string) {
  return queryOptions({
    queryKey: ['credentials', id],
    queryFn: () => api.credentials.get(id),
    refetchInterval: 15_000,
  });
}

/** Devices that use a credential, by 200. */
export function credentialUsers(api: Api, id: string) {
  return infiniteQueryOptions({
    queryKey: ['credentials', id, 'devices'],
    queryFn: ({ pageParam }) => api.credentials.devices(id, { limit: 200, cursor: pageParam ?? undefined }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: 30_000,
  });
}

export function credentialSets(api: Api) {
  return queryOptions({ queryKey: ['credentials', 'sets'], queryFn: () => api.credentialSets.list() });
}

/** What a device is asked with, in order. */
export function deviceCredentials(api: Api, id: string) {
  return queryOptions({
    queryKey: ['device', id, 'credentials'],
    queryFn: () => api.devices.credentials(id),
    refetchInterval: 60_000,
  });
}
