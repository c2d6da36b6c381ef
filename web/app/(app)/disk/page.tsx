import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { Disk } from '#features/disk/Disk.tsx';
import { metricUsage } from '#features/disk/queries.ts';
import { logUsage } from '#features/logs/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Disk use' };

export default async function DiskPage() {
  const queries = pageQueries();
  const api = await serverApi();
  await Promise.all([queries.prefetchQuery(metricUsage(api)), queries.prefetchQuery(logUsage(api))]);
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <Disk />
    </HydrationBoundary>
  );
}
