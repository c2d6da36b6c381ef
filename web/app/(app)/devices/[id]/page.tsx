import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { DevicePage } from '#features/devices/DevicePage.tsx';
import { deviceInventory, oneDevice } from '#features/devices/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { id } = await params;
  const api = await serverApi();
  const device = await api.devices.get(id).catch(() => undefined);
  return { title: device?.name ?? 'Device' };
}

export default async function OneDevicePage({ params }: Props) {
  const { id } = await params;
  const api = await serverApi();
  const queries = pageQueries();
  await Promise.all([queries.prefetchQuery(oneDevice(api, id)), queries.prefetchQuery(deviceInventory(api, id))]);
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <DevicePage id={id} />
    </HydrationBoundary>
  );
}
