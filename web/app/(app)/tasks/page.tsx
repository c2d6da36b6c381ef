import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { Tasks } from '#features/fleet/Tasks.tsx';
import { fleetState, taskList } from '#features/fleet/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Tasks' };

export default async function TasksPage() {
  const queries = pageQueries();
  const api = await serverApi();
  await Promise.all([queries.prefetchQuery(fleetState(api)), queries.prefetchInfiniteQuery(taskList(api, null))]);
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <Tasks />
    </HydrationBoundary>
  );
}
