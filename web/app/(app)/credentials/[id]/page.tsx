import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { CredentialPage } from '#features/credentials/CredentialPage.tsx';
import { credentialUsers, oneCredential } from '#features/credentials/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Credential' };

export default async function OneCredentialPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const api = await serverApi();
  const queries = pageQueries();
  await Promise.all([
    queries.prefetchQuery(oneCredential(api, id)),
    queries.prefetchInfiniteQuery(credentialUsers(api, id)),
  ]);
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <CredentialPage id={id} />
    </HydrationBoundary>
  );
}
