import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { SignIn } from '#features/access/SignIn.tsx';
import type { PageParams } from '#lib/params.ts';
import { serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Sign in' };

export default async function LoginPage({ searchParams }: { searchParams: PageParams }) {
  const { next } = await searchParams;
  const api = await serverApi();
  const setup = await api.setup.state().catch(() => ({ required: false }));
  if (setup.required) redirect('/setup');
  return (
    <>
      <h1 className="mb-5 text-title font-semibold">Sign in</h1>
      <SignIn next={ownPath(next)} />
    </>
  );
}

/** Only a path of this site: a link must not lead somebody who has just signed in to a stranger. */
function ownPath(next: string | string[] | undefined): string {
  if (typeof next !== 'string' || !/^\/(?![/\\])/.test(next)) return '/';
  return next;
}
