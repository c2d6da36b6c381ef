'use client';
import type { ReactNode } from 'react';
import { Dialog as Radix } from 'radix-ui';
import { X } from 'lucide-react';
import { Button } from './button.tsx';
import { cx } from './class.ts';
import { Problem } from './state.tsx';

export interface DialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  wide?: boolean | 'very';
}

const WIDTHS: Record<string, string> = { false: 'sm:w-[480px]', true: 'sm:w-[640px]', very: 'sm:w-[min(960px,94vw)]' };

/** A window over the page; on phones a sheet from below. */
export function Dialog({ open, onOpenChange, title, description, children, wide = false }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          // Without a field that asks for it, the window itself takes the focus, not its close button.
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
          }}
          className={cx(
            'appear fixed z-50 flex max-h-[92dvh] flex-col border border-line bg-raised shadow-float focus:outline-none',
            'inset-x-0 bottom-0 rounded-t-xl sm:inset-x-auto sm:bottom-auto sm:top-[8vh] sm:left-1/2 sm:max-h-[84vh] sm:-translate-x-1/2 sm:rounded-xl',
            WIDTHS[String(wide)],
          )}
        >
          <div className="flex items-start justify-between gap-4 px-5 pt-4 pb-3">
            <div>
              <Radix.Title className="text-[16px] font-semibold">{title}</Radix.Title>
              {description ? (
                <Radix.Description className="mt-0.5 text-[13px] text-muted">{description}</Radix.Description>
              ) : null}
            </div>
            <Radix.Close asChild>
              <Button look="ghost" square aria-label="Close" className="-mr-2 -mt-1">
                <X className="size-4" aria-hidden />
              </Button>
            </Radix.Close>
          </div>
          <div className="min-h-0 overflow-y-auto px-5 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export interface ConfirmProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  /** What will be lost, and how many. */
  children: ReactNode;
  verb: string;
  busy: boolean;
  onConfirm(): void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ open, onOpenChange, title, children, verb, busy, onConfirm }: ConfirmProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title}>
      <div className="text-[14px]">{children}</div>
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => onOpenChange(false)}>Keep</Button>
        <Button look="danger" busy={busy} onClick={onConfirm}>
          {verb}
        </Button>
      </div>
    </Dialog>
  );
}

export interface FormEndProps {
  /** What the button that sends the form says. */
  verb: string;
  busy: boolean;
  error: unknown;
  onCancel(): void;
}

/** How each form in a window ends: what went wrong, a way out, and the way on. */
export function FormEnd({ verb, busy, error, onCancel }: FormEndProps) {
  return (
    <>
      <Problem error={error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy}>
          {verb}
        </Button>
      </div>
    </>
  );
}
