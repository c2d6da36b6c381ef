import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { Alerts } from '#features/alerts/Alerts.tsx';
import { alertList } from '#features/alerts/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Alerts' };

export default async function AlertsPage() {
  const queries = pageQueries();
  const api = await serverApi();
  await Promise.all([
    queries.prefetchQuery(alertList(api, 'firing')),
    queries.prefetchQuery(alertList(api, 'resolved')),
  ]);
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <Alerts />
    </HydrationBoundary>
  );
}
