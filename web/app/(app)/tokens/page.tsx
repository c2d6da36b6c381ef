import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { Tokens } from '#features/tokens/Tokens.tsx';
import { tokenList } from '#features/tokens/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'API tokens' };

export default async function TokensPage() {
  const queries = pageQueries();
  await queries.prefetchQuery(tokenList(await serverApi()));
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <Tokens />
    </HydrationBoundary>
  );
}
