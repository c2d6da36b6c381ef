import type { ReactNode } from 'react';
import { cx } from './class.ts';

/** The first line of a page: what it is about, its state, and what can be done. */
export function PageHead({ title, state, actions }: { title: ReactNode; state?: ReactNode; actions?: ReactNode }) {
  return (
    <header className="mb-4 flex min-h-10 flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <div className="flex min-w-0 flex-wrap items-baseline gap-x-3 gap-y-1">
        <h1 className="text-title font-semibold tracking-[-0.01em] break-words">{title}</h1>
        {state ? <p className="text-muted">{state}</p> : null}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </header>
  );
}

/** A part of a page under its own heading. */
export function Section({ title, aside, children, className }: SectionProps) {
  return (
    <section className={cx('min-w-0', className)}>
      <div className="mb-2 flex min-h-8 items-center justify-between gap-3">
        <h2 className="text-[14px] font-semibold">{title}</h2>
        {aside ? <div className="text-[13px] text-muted">{aside}</div> : null}
      </div>
      {children}
    </section>
  );
}
interface SectionProps {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** Names and values, aligned. */
export function Facts({ items, className }: { items: readonly (readonly [string, ReactNode])[]; className?: string }) {
  const known = items.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return (
    <dl className={cx('grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-[13px]', className)}>
      {known.map(([name, value]) => (
        <div key={name} className="col-span-2 grid grid-cols-subgrid">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
