import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { Logs } from '#features/logs/Logs.tsx';
import { logFilterOf, logHistogram, logList } from '#features/logs/queries.ts';
import { toParams, type PageParams } from '#lib/params.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Logs' };

export default async function LogsPage({ searchParams }: { searchParams: PageParams }) {
  const filter = logFilterOf(toParams(await searchParams));
  const api = await serverApi();
  const queries = pageQueries();
  await Promise.all([
    queries.prefetchInfiniteQuery(logList(api, filter)),
    queries.prefetchQuery(logHistogram(api, filter)),
  ]);
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <Logs />
    </HydrationBoundary>
  );
}
