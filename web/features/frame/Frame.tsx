'use client';
import { useState, type ReactNode } from 'react';
import dynamic from 'next/dynamic';
import { Dialog } from 'radix-ui';
import { useLiveDevices } from '#features/devices/useLiveDevices.ts';
import { remember, type Density, type Rail as RailChoice, type Theme } from '#lib/preferences.ts';
import { cx } from '#ui/class.ts';
import { StaleLine } from './LiveMark.tsx';
import { Rail } from './Rail.tsx';
import { TopBar } from './TopBar.tsx';
import { useShortcuts } from './useShortcuts.ts';

const Palette = dynamic(() => import('./Palette.tsx').then((module) => module.Palette), { ssr: false });
const Shortcuts = dynamic(() => import('./Shortcuts.tsx').then((module) => module.Shortcuts), { ssr: false });

export interface FrameProps {
  rail: RailChoice;
  theme: Theme;
  density: Density;
  children: ReactNode;
}

/** Rail, top bar and the page between them; the page is what scrolls. */
export function Frame({ rail, theme, density, children }: FrameProps) {
  const [narrow, setNarrow] = useState(rail === 'narrow');
  const [sheet, setSheet] = useState(false);
  const [over, setOver] = useState<'palette' | 'shortcuts' | null>(null);
  useLiveDevices();
  useShortcuts({ onPalette: () => setOver('palette'), onHelp: () => setOver('shortcuts') });

  function toggleRail(): void {
    if (!matchMedia('(min-width: 768px)').matches) return setSheet(true);
    setNarrow(!narrow);
    remember('sotp_rail', narrow ? 'wide' : 'narrow');
  }

  return (
    <div className="flex h-dvh overflow-hidden">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:bg-raised focus:p-2"
      >
        To the page
      </a>
      <aside className={cx('hidden shrink-0 border-r border-line bg-bg md:block', narrow ? 'w-14' : 'w-[232px]')}>
        <Rail narrow={narrow} />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar theme={theme} density={density} onRail={toggleRail} onSearch={() => setOver('palette')} />
        <StaleLine />
        <main
          id="main"
          tabIndex={-1}
          className="relative min-h-0 flex-1 overflow-y-auto px-3 pt-4 pb-16 focus:outline-none sm:px-6"
        >
          {children}
        </main>
      </div>
      <Dialog.Root open={sheet} onOpenChange={setSheet}>
        <Dialog.Portal>
          <Dialog.Overlay className="fixed inset-0 z-40 bg-black/45" />
          <Dialog.Content
            aria-describedby={undefined}
            className="appear fixed inset-y-0 left-0 z-50 w-[272px] border-r border-line bg-raised"
          >
            <Dialog.Title className="sr-only">Pages</Dialog.Title>
            <Rail narrow={false} onChosen={() => setSheet(false)} />
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
      {over === 'palette' ? <Palette onClose={() => setOver(null)} onHelp={() => setOver('shortcuts')} /> : null}
      {over === 'shortcuts' ? <Shortcuts onClose={() => setOver(null)} /> : null}
    </div>
  );
}
