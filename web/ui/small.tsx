'use client';
import { useState, type ReactNode } from 'react';
import { Check, Copy, X } from 'lucide-react';
import { cutMiddle } from '#lib/format.ts';
import { cx } from './class.ts';

/** A key of the keyboard. */
export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded border border-line bg-sunken px-1 font-mono text-[11px] text-muted">
      {children}
    </kbd>
  );
}

/** A short word on a quiet ground. */
export function Tag({ children, onClick }: { children: ReactNode; onClick?: () => void }) {
  const look = 'inline-flex h-5 max-w-48 items-center truncate rounded bg-sunken px-1.5 text-[12px] text-muted';
  if (!onClick) return <span className={look}>{children}</span>;
  return (
    <button type="button" onClick={onClick} className={cx(look, 'hover:text-text')}>
      {children}
    </button>
  );
}

/** A filter that can be on; its count stands beside it. */
export function Chip({ on, onClick, children }: { on: boolean; onClick(): void; children: ReactNode }) {
  return (
    <button
      type="button"
      aria-pressed={on}
      onClick={onClick}
      className={cx(
        'inline-flex h-7 max-sm:h-10 shrink-0 items-center gap-1.5 rounded-full border px-2.5 text-[13px] whitespace-nowrap',
        on ? 'border-accent bg-accent-soft text-text' : 'border-line bg-surface hover:bg-hover',
      )}
    >
      {children}
      {on ? <X className="size-3 text-muted" aria-hidden /> : null}
    </button>
  );
}

/** Text that is copied by a click; the whole of it on hover. */
export function CopyText({ text, length = 60, mono = true }: { text: string; length?: number; mono?: boolean }) {
  const [copied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return; // Without a secure origin the browser offers no clipboard; the text stays selectable.
    }
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  }
  const Mark = copied ? Check : Copy;
  return (
    <button
      type="button"
      onClick={() => void copy()}
      title={text}
      aria-label={`${text}, copy`}
      className={cx('group relative inline-flex max-w-full items-center text-left select-text', mono && 'font-mono')}
    >
      <span className="min-w-0 break-all">{cutMiddle(text, length)}</span>
      <Mark
        className={cx(
          'absolute top-1 -right-4 size-3 text-muted',
          !copied && 'opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100',
        )}
        aria-hidden
      />
    </button>
  );
}

interface MeterProps {
  percent: number;
  label: string;
  /** In and out have the colours that they have in charts. */
  side?: 'in' | 'out';
  className?: string;
}

/** How full something is: 0 to 100 %, amber from 80, red from 90. The figure stands beside it. */
export function Meter({ percent, label, side, className }: MeterProps) {
  const size = Math.min(100, Math.max(0, percent));
  const calm = side === undefined ? 'bg-accent' : side === 'in' ? 'bg-(--chart-1)' : 'bg-(--chart-2)';
  const tone = size >= 90 ? 'bg-down' : size >= 80 ? 'bg-degraded' : calm;
  return (
    <span
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(size)}
      className={cx('block h-1.5 overflow-hidden rounded-full bg-sunken', className)}
    >
      <span className={cx('block h-full rounded-full', tone)} style={{ width: `${size}%` }} />
    </span>
  );
}
