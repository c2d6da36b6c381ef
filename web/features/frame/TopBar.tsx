'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useQuery } from '@tanstack/react-query';
import { ChevronRight, Menu as MenuIcon, Search } from 'lucide-react';
import { AlertBell } from '#features/alerts/AlertBell.tsx';
import { oneDevice } from '#features/devices/queries.ts';
import { browserApi } from '#lib/api.ts';
import type { Density, Theme } from '#lib/preferences.ts';
import { Button } from '#ui/button.tsx';
import { Kbd } from '#ui/small.tsx';
import { LiveMark } from './LiveMark.tsx';
import { PAGES } from './pages.ts';
import { TimeRange } from './TimeRange.tsx';
import { UserMenu } from './UserMenu.tsx';

export interface TopBarProps {
  theme: Theme;
  density: Density;
  onRail(): void;
  onSearch(): void;
}

/** Where one is, search, time, whether it is live, and who. */
export function TopBar({ theme, density, onRail, onSearch }: TopBarProps) {
  const path = usePathname();
  const [, first, id] = path.split('/');
  const page = PAGES.find(({ href }) => href === `/${first ?? ''}`);
  const deviceId = first === 'devices' ? id : undefined;
  return (
    <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line bg-bg px-2 sm:gap-2 sm:px-4">
      <Button look="ghost" square aria-label="Pages" title="Pages" onClick={onRail} className="-ml-1">
        <MenuIcon className="size-4" aria-hidden />
      </Button>
      <nav aria-label="Where you are" className="flex min-w-0 items-center gap-1 text-[13px]">
        {page ? (
          deviceId ? (
            <Link href={page.href} className="text-muted hover:text-text max-sm:hidden">
              {page.title}
            </Link>
          ) : (
            <span aria-current="page" className="truncate font-medium">
              {page.title}
            </span>
          )
        ) : null}
        {deviceId ? (
          <>
            <ChevronRight className="size-3.5 shrink-0 text-muted max-sm:hidden" aria-hidden />
            <DeviceName id={deviceId} />
          </>
        ) : null}
      </nav>
      <div className="flex-1" />
      <button
        type="button"
        onClick={onSearch}
        className="flex h-8 w-52 items-center gap-2 rounded-md border border-line bg-surface px-2.5 text-[13px] text-muted hover:bg-hover max-lg:w-36 max-sm:hidden"
      >
        <Search className="size-3.5" aria-hidden />
        <span className="flex-1 text-left">Search</span>
        <span className="max-lg:hidden">
          <Kbd>Ctrl K</Kbd>
        </span>
      </button>
      <Button look="ghost" square aria-label="Search" onClick={onSearch} className="sm:hidden">
        <Search className="size-4" aria-hidden />
      </Button>
      {deviceId || first === 'logs' ? <TimeRange /> : null}
      <AlertBell />
      <LiveMark />
      <UserMenu theme={theme} density={density} />
    </header>
  );
}

function DeviceName({ id }: { id: string }) {
  // The page itself fetches the device; the bar only reads what came.
  const { data } = useQuery({ ...oneDevice(browserApi, id), enabled: false });
  return (
    <span aria-current="page" className="truncate font-medium">
      {data?.name ?? ''}
    </span>
  );
}
