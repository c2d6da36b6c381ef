'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { cx } from '#ui/class.ts';
import { Mark, PAGES, type PageLink } from './pages.ts';
import { useMe } from './Providers.tsx';

/** The pages, in the left rail or in the sheet of a phone. */
export function Rail({ narrow, onChosen }: { narrow: boolean; onChosen?: () => void }) {
  const { permissions } = useMe();
  const mine = PAGES.filter(({ permission }) => permissions.includes(permission));
  const admin = mine.filter((page) => page.admin);
  return (
    <nav aria-label="Pages" className="flex h-full flex-col gap-0.5 overflow-y-auto px-2 pb-3">
      <Link
        href="/"
        onClick={onChosen}
        className={cx(
          'mb-2 flex h-12 shrink-0 items-center gap-2 font-semibold tracking-tight',
          narrow ? 'justify-center' : 'px-2',
        )}
        aria-label="SOTP, overview"
      >
        <span className="grid size-6 place-items-center rounded-md bg-accent-solid text-on-accent">
          <Mark className="size-4" aria-hidden />
        </span>
        {narrow ? null : <span aria-hidden>SOTP</span>}
      </Link>
      {mine
        .filter((page) => !page.admin)
        .map((page) => (
          <Item key={page.href} page={page} narrow={narrow} onChosen={onChosen} />
        ))}
      {admin.length > 0 ? (
        <>
          {narrow ? (
            <hr className="mx-2 my-2 border-line" />
          ) : (
            <p className="px-2 pt-5 pb-1 text-[12px] text-muted">Admin</p>
          )}
          {admin.map((page) => (
            <Item key={page.href} page={page} narrow={narrow} onChosen={onChosen} />
          ))}
        </>
      ) : null}
    </nav>
  );
}

function Item({ page, narrow, onChosen }: { page: PageLink; narrow: boolean; onChosen?: () => void }) {
  const path = usePathname();
  const here = page.href === '/' ? path === '/' : path === page.href || path.startsWith(`${page.href}/`);
  return (
    <Link
      href={page.href}
      onClick={onChosen}
      title={narrow ? page.title : undefined}
      aria-current={here ? 'page' : undefined}
      className={cx(
        'flex h-8 max-sm:h-11 shrink-0 items-center gap-2.5 rounded-md text-[14px]',
        narrow ? 'justify-center' : 'px-2',
        here ? 'bg-hover font-medium text-text' : 'text-muted hover:bg-hover hover:text-text',
      )}
    >
      <page.icon className={cx('size-4 shrink-0', here && 'text-accent')} aria-hidden />
      {narrow ? <span className="sr-only">{page.title}</span> : page.title}
    </Link>
  );
}
