'use client';
import { Clock } from 'lucide-react';
import { age, ago } from '#lib/format.ts';
import { useHydrated, useNow } from '#lib/now.tsx';
import { cx } from './class.ts';

const LOCAL = { dateStyle: 'medium', timeStyle: 'medium' } as const;

/** An instant in the reader's zone; in UTC until the browser has told its zone. */
export function useAbsolute(at: string | number): string {
  const hydrated = useHydrated();
  const date = new Date(at);
  if (!hydrated) return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return new Intl.DateTimeFormat(undefined, LOCAL).format(date);
}

export interface AgeProps {
  at: string | null;
  never?: string;
  /** Older than this (two intervals) it dims and shows a clock. */
  staleAfterMs?: number;
  /** As a length of time, for "since when". */
  bare?: boolean;
  className?: string;
}

/** How old something is: relative in text, absolute on hover. */
export function Age({ at, never = 'never', ...rest }: AgeProps) {
  if (at === null) return <span className={cx('text-muted', rest.className)}>{never}</span>;
  return <KnownAge at={at} {...rest} />;
}

function KnownAge({ at, staleAfterMs, bare = false, className }: Omit<AgeProps, 'at'> & { at: string }) {
  const now = useNow();
  const title = useAbsolute(at);
  const then = Date.parse(at);
  const stale = staleAfterMs !== undefined && now - then > staleAfterMs;
  return (
    <time dateTime={at} title={title} className={cx('figures whitespace-nowrap', stale && 'text-muted', className)}>
      {stale ? <Clock className="mr-1 inline size-3 align-[-1.5px]" aria-label="stale" /> : null}
      {bare ? age(then, now) : ago(then, now)}
    </time>
  );
}

/** An instant spelled out. */
export function Instant({ at }: { at: string }) {
  const text = useAbsolute(at);
  return (
    <time dateTime={at} className="figures whitespace-nowrap">
      {text}
    </time>
  );
}
