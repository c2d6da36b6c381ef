'use client';
import { ErrorState } from '#ui/state.tsx';

/** A page that failed: what happened, and a retry. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset(): void }) {
  return <ErrorState error={error} what="This page could not be shown." onRetry={reset} />;
}
