import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { deviceSummary } from '#features/devices/queries.ts';
import { Overview } from '#features/overview/Overview.tsx';
import { newestQuery, WRONG, wrongQuery } from '#features/overview/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export default async function OverviewPage() {
  const api = await serverApi();
  const queries = pageQueries();
  await Promise.all([
    queries.prefetchQuery(deviceSummary(api)),
    queries.prefetchQuery(newestQuery(api)),
    ...WRONG.map((status) => queries.prefetchQuery(wrongQuery(api, status))),
  ]);
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <Overview />
    </HydrationBoundary>
  );
}
