import type { ReactNode } from 'react';
import { TriangleAlert } from 'lucide-react';
import { asApiError } from '#lib/client.ts';
import { Button } from './button.tsx';
import { cx } from './class.ts';

/** A grey place of the final size; it shows only once waiting has lasted 150 ms. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cx('late block rounded bg-sunken', className)} />;
}

/** Skeleton of a table: as many rows as probably come. */
export function SkeletonRows({ rows = 8 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="card overflow-hidden">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-(--row) items-center gap-6 border-b border-line px-3 last:border-0">
          <Skeleton className="h-3 w-1/5" />
          <Skeleton className="h-3 w-1/6" />
          <Skeleton className="h-3 w-1/4" />
        </div>
      ))}
    </div>
  );
}

/** Nothing here: one sentence and the one action that ends it. */
export function Empty({
  children,
  action,
  className,
}: {
  children: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  return (
    <div className={cx('flex flex-col items-center justify-center gap-4 px-6 py-14 text-center', className)}>
      <p className="max-w-[60ch] text-muted">{children}</p>
      {action}
    </div>
  );
}

/** What happened, the code for support, and a retry. */
export function ErrorState({ error, what, onRetry }: { error: unknown; what: string; onRetry?: () => void }) {
  const { code, message } = asApiError(error);
  return (
    <div role="alert" className="card flex flex-wrap items-start justify-between gap-3 p-4">
      <div className="max-w-[75ch]">
        <p className="font-medium text-down">{what}</p>
        <p className="mt-0.5">{message}</p>
        <p className="mt-1 font-mono text-[12px] text-muted">{code}</p>
      </div>
      {onRetry ? <Button onClick={onRetry}>Try again</Button> : null}
    </div>
  );
}

/** A sentence about what went wrong with what was just tried. */
export function Problem({ error, className }: { error: unknown; className?: string }) {
  if (error === null || error === undefined) return null;
  const { code, message } = asApiError(error);
  return (
    <p role="alert" className={cx('rounded-md border border-down/40 px-3 py-2 text-[13px]', className)}>
      <span className="text-down">{message}</span> <span className="font-mono text-[12px] text-muted">{code}</span>
    </p>
  );
}

/** Something that is wrong now and can be acted on: `bad` while data is lost, else a warning. */
export function Notice({ bad = false, children }: { bad?: boolean; children: ReactNode }) {
  return (
    <div
      role="status"
      className={cx('card flex gap-2.5 px-3 py-2 text-[13px]', bad ? 'border-down/50' : 'border-degraded/50')}
    >
      <TriangleAlert className={cx('mt-0.5 size-4 shrink-0', bad ? 'text-down' : 'text-degraded')} aria-hidden />
      <div className="max-w-[90ch] min-w-0">{children}</div>
    </div>
  );
}
