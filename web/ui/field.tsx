import { useId, type ComponentProps, type ReactNode } from 'react';
import { ChevronDown } from 'lucide-react';
import { cx } from './class.ts';

const BOX =
  'w-full h-8 max-sm:h-10 rounded-md border border-line-strong/60 bg-surface px-2.5 text-[13px] max-sm:text-[16px] text-text hover:border-line-strong aria-invalid:border-down disabled:opacity-60';

export interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string;
  optional?: boolean;
  className?: string;
  children(props: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }): ReactNode;
}

/** A label, its control, and below it the hint or what is wrong. */
export function Field({ label, hint, error, optional = false, className, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className={cx('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="text-[13px] font-medium">
        {label}
        {optional ? <span className="font-normal text-muted"> (optional)</span> : null}
      </label>
      {children({ id, 'aria-describedby': note ? noteId : undefined, 'aria-invalid': error ? true : undefined })}
      {note ? (
        <p id={noteId} className={cx('text-[12px] leading-4', error ? 'text-down' : 'text-muted')}>
          {note}
        </p>
      ) : null}
    </div>
  );
}

export function Input({ mono = false, className, ...rest }: ComponentProps<'input'> & { mono?: boolean }) {
  return <input {...rest} className={cx(BOX, mono && 'font-mono', className)} />;
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea {...rest} className={cx(BOX, 'h-auto py-1.5 font-mono', className)} />;
}

/** The platform's own list: right on phones, for screen readers and by keyboard. */
export function Select({ className, children, ...rest }: ComponentProps<'select'>) {
  return (
    <span className="relative block">
      <select {...rest} className={cx(BOX, 'appearance-none pr-8', className)}>
        {children}
      </select>
      <ChevronDown
        className="pointer-events-none absolute top-1/2 right-2.5 size-3.5 -translate-y-1/2 text-muted"
        aria-hidden
      />
    </span>
  );
}

export function Checkbox({ className, ...rest }: ComponentProps<'input'>) {
  return (
    <input
      type="checkbox"
      {...rest}
      className={cx('block size-3.5 shrink-0 accent-accent-solid max-sm:size-5', className)}
    />
  );
}
