import type { Metadata } from 'next';
import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { Users } from '#features/users/Users.tsx';
import { userList } from '#features/users/queries.ts';
import { pageQueries, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Users' };

export default async function UsersPage() {
  const queries = pageQueries();
  await queries.prefetchQuery(userList(await serverApi()));
  return (
    <HydrationBoundary state={dehydrate(queries)}>
      <Users />
    </HydrationBoundary>
  );
}
