import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { ProfilesPage } from '#features/profiles/ProfilesPage.tsx';
import { profileReport } from '#features/profiles/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Profiles' };

export default async function Profiles() {
  const queries = pageQueries();
  await queries.prefetchQuery(profileReport(await serverApi()));
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <ProfilesPage />
    </HydrationBoundary>
  );
}
