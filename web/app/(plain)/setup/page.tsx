import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { FirstPassword } from '#features/access/FirstPassword.tsx';
import { Unavailable } from '#features/frame/Unavailable.tsx';
import { ApiError } from '#lib/client.ts';
import type { PageParams } from '#lib/params.ts';
import { refused, serverApi } from '#lib/server.ts';

export const metadata: Metadata = { title: 'Set up', referrer: 'no-referrer' };

export default async function SetupPage({ searchParams }: { searchParams: PageParams }) {
  const { token } = await searchParams;
  const api = await serverApi();
  const state = await api.setup.state().catch(refused);
  if (state instanceof ApiError) return <Unavailable code={state.code} message={state.message} />;
  if (!state.required) redirect('/login');
  return (
    <>
      <h1 className="mb-2 text-title font-semibold">Set up SOTP</h1>
      {typeof token === 'string' && token !== '' ? (
        <>
          <p className="mb-5 text-muted">This link works once. Choose the password of the first administrator.</p>
          <FirstPassword token={token} />
        </>
      ) : (
        <p className="text-muted">
          SOTP has printed a one-time set-up link where it was started. Open that link, or start SOTP with{' '}
          <code className="font-mono text-[13px] text-text">SOTP_ADMIN_PASSWORD</code> set.
        </p>
      )}
    </>
  );
}
