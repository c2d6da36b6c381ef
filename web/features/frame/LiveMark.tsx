'use client';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { live, type LiveState } from '#lib/live.ts';
import { cx } from '#ui/class.ts';

const WORDS: Record<LiveState, { word: string; title: string; tone: string }> = {
  connecting: { word: 'Connecting', title: 'Opening the live connection', tone: 'text-muted' },
  live: { word: 'Live', title: 'Changes appear as they happen', tone: 'text-up' },
  stale: {
    word: 'Not live',
    title: 'The live connection is lost; the page keeps what it has. Click to try again.',
    tone: 'text-degraded',
  },
};

/** State of the live connection. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (changed) => live().watch(changed),
    () => live().state(),
    () => 'connecting',
  );
}

/** Says in the top bar whether the page moves by itself. */
export function LiveMark() {
  const state = useLiveState();
  const { word, title, tone } = WORDS[state];
  return (
    <button
      type="button"
      title={title}
      onClick={() => live().retryNow()}
      className={cx(
        'inline-flex h-8 max-sm:h-10 items-center gap-1.5 rounded-md px-2 text-[13px] hover:bg-hover',
        tone,
      )}
    >
      <svg viewBox="0 0 12 12" className="size-2.5" aria-hidden>
        {state === 'live' ? (
          <circle cx="6" cy="6" r="4.5" fill="currentColor" />
        ) : state === 'stale' ? (
          <path d="M6 1.2 11.4 10.8H.6Z" fill="currentColor" />
        ) : (
          <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
        )}
      </svg>
      <span className="max-sm:sr-only" role="status">
        {word}
      </span>
    </button>
  );
}

/** A line over the page once the connection has been lost for more than three seconds. */
export function StaleLine() {
  const state = useLiveState();
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (state !== 'stale') return;
    const timer = setTimeout(() => setLate(true), 3000);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [state]);
  if (state !== 'stale' || !late) return null;
  return (
    <p className="flex flex-wrap items-center justify-center gap-2 border-b border-line bg-sunken px-4 py-1.5 text-[13px]">
      <span className="text-degraded">The live connection is lost.</span> What you see stays as it was; SOTP tries again
      by itself.
      <button type="button" className="text-accent underline underline-offset-2" onClick={() => live().retryNow()}>
        Try now
      </button>
    </p>
  );
}
