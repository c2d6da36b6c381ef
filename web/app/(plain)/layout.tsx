import type { ReactNode } from 'react';
import { Mark } from '#features/frame/pages.ts';

/** The pages before sign-in: one column, nothing else. */
export default function PlainLayout({ children }: { children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-[360px] flex-col px-4 pt-[16vh] pb-10">
      <p className="mb-6 flex items-center gap-2 font-semibold tracking-tight">
        <span className="grid size-6 place-items-center rounded-md bg-accent-solid text-on-accent">
          <Mark className="size-4" aria-hidden />
        </span>
        SOTP
      </p>
      {children}
    </main>
  );
}
