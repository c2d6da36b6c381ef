'use client';
import { useDeferredValue, useState } from 'react';
import { useRouter } from 'next/navigation';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { Dialog } from 'radix-ui';
import { Keyboard, Moon, Sun } from 'lucide-react';
import { fewDevices } from '#features/devices/queries.ts';
import { browserApi } from '#lib/api.ts';
import { chooseTheme, type Theme } from '#lib/preferences.ts';
import { StatusMark } from '#ui/status.tsx';
import { PAGES } from './pages.ts';
import { useMe } from './Providers.tsx';

const GROUP =
  '[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-[12px] [&_[cmdk-group-heading]]:text-muted';
const ITEM =
  'flex h-9 max-sm:h-11 items-center gap-2.5 rounded-md px-2 text-[14px] data-[selected=true]:bg-hover select-none';

/** Jump to any device or page by a few letters. */
export function Palette({ onClose, onHelp }: { onClose(): void; onHelp(): void }) {
  const router = useRouter();
  const { permissions } = useMe();
  const [text, setText] = useState('');
  const search = useDeferredValue(text.trim());
  const { data, isPlaceholderData } = useQuery({
    ...fewDevices(browserApi, { search, limit: 12 }),
    placeholderData: keepPreviousData,
  });
  const letters = text.trim().toLowerCase();
  const fits = (title: string) => title.toLowerCase().includes(letters);
  const pages = PAGES.filter(({ permission, title }) => permissions.includes(permission) && fits(title));

  const actions = [
    { title: 'Light theme', icon: Sun, run: () => theme('light') },
    { title: 'Dark theme', icon: Moon, run: () => theme('dark') },
    { title: 'Shortcuts', icon: Keyboard, run: onHelp },
  ].filter(({ title }) => fits(title));

  function theme(name: Theme): void {
    chooseTheme(name);
    onClose();
  }

  // Until the answer to the newest letters is there, only what surely fits of the answer before is offered.
  const waiting = isPlaceholderData || search !== text.trim();
  const devices = (data?.items ?? []).filter(({ name, address }) => !waiting || fits(`${name} ${address}`));

  function go(href: string): void {
    onClose();
    router.push(href);
  }

  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Dialog.Content
          aria-describedby={undefined}
          className="appear fixed inset-x-2 top-2 z-50 mx-auto max-w-[600px] overflow-hidden rounded-xl border border-line bg-raised shadow-float focus:outline-none sm:top-[12vh]"
        >
          <Dialog.Title className="sr-only">Search</Dialog.Title>
          <Command shouldFilter={false} label="Search devices and pages" loop>
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder="Name, address, site, tag, or a page"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-[15px] outline-none max-sm:text-[16px]"
            />
            <Command.List className="max-h-[min(60vh,420px)] overflow-y-auto p-1.5">
              <Command.Empty className="px-2 py-8 text-center text-muted">Nothing is called “{search}”.</Command.Empty>
              {devices.length > 0 ? (
                <Command.Group heading="Devices" className={GROUP}>
                  {devices.map((device) => (
                    <Command.Item
                      key={device.id}
                      value={`device-${device.id}`}
                      onSelect={() => go(`/devices/${device.id}`)}
                      className={ITEM}
                    >
                      <StatusMark status={device.status} label />
                      <span className="min-w-0 truncate">{device.name}</span>
                      <span className="ml-auto shrink-0 font-mono text-[12px] text-muted">{device.address}</span>
                    </Command.Item>
                  ))}
                </Command.Group>
              ) : null}
              {pages.length > 0 ? (
                <Command.Group heading="Pages" className={GROUP}>
                  {pages.map((page) => (
                    <Command.Item key={page.href} value={page.href} onSelect={() => go(page.href)} className={ITEM}>
                      <page.icon className="size-4 text-muted" aria-hidden />
                      {page.title}
                    </Command.Item>
                  ))}
                </Command.Group>
              ) : null}
              {actions.length > 0 ? (
                <Command.Group heading="Actions" className={GROUP}>
                  {actions.map(({ title, icon: Icon, run }) => (
                    <Command.Item key={title} value={title} onSelect={run} className={ITEM}>
                      <Icon className="size-4 text-muted" aria-hidden />
                      {title}
                    </Command.Item>
                  ))}
                </Command.Group>
              ) : null}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
