'use client';
import { Dialog } from '#ui/dialog.tsx';
import { Kbd } from '#ui/small.tsx';
import { PAGES } from './pages.ts';

const KEYS: readonly (readonly [string[], string])[] = [
  [['Ctrl', 'K'], 'Search devices and pages'],
  [['/'], 'Filter the list'],
  [['a'], 'Add'],
  [['t'], 'Time range'],
  [['↑', '↓'], 'Move in a table (also j, k)'],
  [['Enter'], 'Open the row'],
  [['Space'], 'Select the row (also x)'],
  [['?'], 'This list'],
];

/** Every key that does something. */
export function Shortcuts({ onClose }: { onClose(): void }) {
  const rows = [...KEYS, ...PAGES.map(({ key, title }) => [['g', key], title] as const)];
  return (
    <Dialog open onOpenChange={onClose} title="Shortcuts">
      <dl className="grid grid-cols-[max-content_1fr] items-center gap-x-6 gap-y-2 text-[13px]">
        {rows.map(([keys, title]) => (
          <div key={title} className="col-span-2 grid grid-cols-subgrid">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{title}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
