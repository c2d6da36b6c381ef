import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { DeviceList } from '#features/devices/DeviceList.tsx';
import { deviceList, deviceSummary, filterOf } from '#features/devices/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';
import { toParams, type PageParams } from '#lib/params.ts';

export const metadata: Metadata = { title: 'Devices' };

export default async function DevicesPage({ searchParams }: { searchParams: PageParams }) {
  const filter = filterOf(toParams(await searchParams));
  const api = await serverApi();
  const queries = pageQueries();
  await Promise.all([
    queries.prefetchInfiniteQuery(deviceList(api, filter)),
    queries.prefetchQuery(deviceSummary(api)),
  ]);
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <DeviceList />
    </HydrationBoundary>
  );
}
