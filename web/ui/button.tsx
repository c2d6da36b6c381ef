import type { ComponentProps } from 'react';
import Link from 'next/link';
import { cx } from './class.ts';

type Look = 'primary' | 'plain' | 'ghost' | 'danger';

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent-solid text-on-accent border-transparent hover:bg-accent-solid-hover',
  plain: 'bg-surface text-text border-line hover:bg-hover',
  ghost: 'bg-transparent text-text border-transparent hover:bg-hover',
  danger: 'bg-danger-solid text-on-accent border-transparent hover:opacity-90',
};

function classes(look: Look, square: boolean, more: string | undefined): string {
  return cx(
    'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border text-[13px] font-medium whitespace-nowrap select-none',
    'h-8 max-sm:h-10 disabled:opacity-50 disabled:cursor-not-allowed transition-colors duration-120',
    square ? 'w-8 max-sm:w-10' : 'px-3',
    LOOKS[look],
    more,
  );
}

export interface ButtonProps extends ComponentProps<'button'> {
  look?: Look;
  square?: boolean;
  busy?: boolean;
}

/** A verb. `busy` keeps its place and says that it is being done. */
export function Button({
  look = 'plain',
  square = false,
  busy = false,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={classes(look, square, className)}
    >
      {busy ? <Spinner /> : null}
      {children}
    </button>
  );
}

/** A button that leads somewhere. */
export function ButtonLink({ look = 'plain', className, ...rest }: ComponentProps<typeof Link> & { look?: Look }) {
  return <Link {...rest} className={classes(look, false, className)} />;
}

/** Something is being done, for less than a few seconds. */
export function Spinner() {
  return (
    <svg viewBox="0 0 16 16" className="size-3.5 animate-spin motion-reduce:animate-none" aria-hidden>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeOpacity="0.3" strokeWidth="2" />
      <path d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
