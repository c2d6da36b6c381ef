import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { Fleet } from '#features/fleet/Fleet.tsx';
import { fleetState } from '#features/fleet/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Fleet' };

export default async function FleetPage() {
  const queries = pageQueries();
  await queries.prefetchQuery(fleetState(await serverApi()));
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <Fleet />
    </HydrationBoundary>
  );
}
