import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { Credentials } from '#features/credentials/Credentials.tsx';
import { credentialList } from '#features/credentials/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Credentials' };

export default async function CredentialsPage() {
  const queries = pageQueries();
  await queries.prefetchQuery(credentialList(await serverApi()));
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <Credentials />
    </HydrationBoundary>
  );
}
