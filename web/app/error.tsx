'use client';
import { ErrorState } from '#ui/state.tsx';

/** SOTP could not even say who is signed in. */
export default function RootError({ error, reset }: { error: Error & { digest?: string }; reset(): void }) {
  return (
    <main className="mx-auto max-w-xl p-6 pt-[15vh]">
      <h1 className="sr-only">SOTP</h1>
      <ErrorState error={error} what="SOTP cannot show this page now." onRetry={reset} />
    </main>
  );
}
