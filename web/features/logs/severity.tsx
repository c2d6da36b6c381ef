import { cx } from '#ui/class.ts';

export interface SeverityLook {
  readonly word: string;
  /** Class of its text, and colour of its bars. */
  readonly text: string;
  readonly fill: string;
}

/** How the eight severities look, by number. The word always stands beside the colour. */
export const SEVERITY_LOOK: readonly SeverityLook[] = [
  { word: 'Emergency', text: 'text-down font-semibold', fill: 'var(--down)' },
  { word: 'Alert', text: 'text-down font-semibold', fill: 'var(--down)' },
  { word: 'Critical', text: 'text-down font-semibold', fill: 'var(--down)' },
  { word: 'Error', text: 'text-down', fill: 'var(--down)' },
  { word: 'Warning', text: 'text-degraded', fill: 'var(--degraded)' },
  { word: 'Notice', text: 'text-maintenance', fill: 'var(--maintenance)' },
  { word: 'Info', text: 'text-muted', fill: 'var(--line-strong)' },
  { word: 'Debug', text: 'text-muted', fill: 'var(--line)' },
];

/** The severity as a word in its colour. */
export function Severity({ severity, className }: { severity: number; className?: string }) {
  const look = SEVERITY_LOOK[severity] ?? SEVERITY_LOOK[6]!;
  return <span className={cx('text-[12px]', look.text, className)}>{look.word}</span>;
}
