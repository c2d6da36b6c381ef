import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { AuditTrail } from '#features/audit/AuditTrail.tsx';
import { auditTrail } from '#features/audit/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Audit' };

export default async function AuditPage() {
  const queries = pageQueries();
  await queries.prefetchInfiniteQuery(auditTrail(await serverApi()));
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <AuditTrail />
    </HydrationBoundary>
  );
}
