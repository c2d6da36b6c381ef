'use client';
import { useEffect } from 'react';
import { useRouter } from 'next/navigation';
import type { ErrorCode } from '@sotp/contract/errors.ts';
import { ApiError } from '#lib/client.ts';
import { ErrorState } from '#ui/state.tsx';

const AGAIN_MS = 3000;

/** The API cannot answer now (it starts, is overloaded, or has no database): says so and tries again by itself. */
export function Unavailable({ code, message }: { code: ErrorCode; message: string }) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => router.refresh(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <div className="mx-auto max-w-xl p-6 pt-[15vh]">
      <h1 className="sr-only">SOTP</h1>
      <ErrorState
        error={new ApiError(0, code, message)}
        what="SOTP cannot show this page now. It tries again every few seconds."
        onRetry={() => router.refresh()}
      />
    </div>
  );
}
