import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { BlindSpots } from '#features/blind/BlindSpots.tsx';
import { blindSpots } from '#features/blind/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Blind spots' };

export default async function BlindSpotsPage() {
  const queries = pageQueries();
  await queries.prefetchQuery(blindSpots(await serverApi()));
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <BlindSpots />
    </HydrationBoundary>
  );
}
