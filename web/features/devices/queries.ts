import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { DEVICE_SORTS, DEVICE_STATUSES, type DeviceStatus } from '@sotp/contract/devices.ts';
import type { Api } from '#lib/api.ts';

export type DeviceSort = (typeof DEVICE_SORTS)[number];

/** What the list shows: all of it stands in the address. */
export interface DeviceFilter {
  readonly search: string;
  readonly status: DeviceStatus | null;
  readonly site: string | null;
  readonly tag: string | null;
  readonly vendor: string | null;
  readonly sort: DeviceSort;
  readonly order: 'asc' | 'desc';
}

/** Reads the filter from the address; the server and the browser read it alike, so the first paint fits. */
export function filterOf(params: { get(name: string): string | null }): DeviceFilter {
  return {
    search: (params.get('search') ?? '').slice(0, 200),
    status: DEVICE_STATUSES.find((status) => status === params.get('status')) ?? null,
    site: params.get('site'),
    tag: params.get('tag'),
    vendor: params.get('vendor'),
    sort: DEVICE_SORTS.find((sort) => sort === params.get('sort')) ?? 'name',
    order: params.get('order') === 'desc' ? 'desc' : 'asc',
  };
}

/** The list, page by page of 200. */
export function deviceList(api: Api, filter: DeviceFilter) {
  return infiniteQueryOptions({
    queryKey: ['devices', 'list', filter],
    queryFn: ({ pageParam, signal }) =>
      api.devices.list(
        {
          search: filter.search,
          status: filter.status ?? undefined,
          site: filter.site ?? undefined,
          tag: filter.tag ?? undefined,
          vendor: filter.vendor ?? undefined,
          sort: filter.sort,
          order: filter.order,
          limit: 200,
          cursor: pageParam ?? undefined,
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });
}

/** A short list by status or age, for the overview and the palette. */
export function fewDevices(api: Api, query: Record<string, string | number>) {
  return queryOptions({
    queryKey: ['devices', 'few', query],
    queryFn: ({ signal }) => api.devices.list(query, signal),
    refetchInterval: 60_000,
  });
}

export function deviceSummary(api: Api) {
  return queryOptions({
    queryKey: ['devices', 'summary'],
    queryFn: () => api.devices.summary(),
    refetchInterval: 60_000,
  });
}

export function oneDevice(api: Api, id: string) {
  return queryOptions({ queryKey: ['device', id], queryFn: () => api.devices.get(id), refetchInterval: 60_000 });
}

export function deviceInventory(api: Api, id: string) {
  return queryOptions({
    queryKey: ['device', id, 'inventory'],
    queryFn: () => api.devices.inventory(id),
    refetchInterval: 120_000,
  });
}

/** What changed on a device, newest first, by 100. */
export function deviceChanges(api: Api, id: string) {
  return infiniteQueryOptions({
    queryKey: ['device', id, 'changes'],
    queryFn: ({ pageParam }) => api.devices.changes(id, { limit: 100, cursor: pageParam ?? undefined }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: 120_000,
  });
}
