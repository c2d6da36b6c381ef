'use client';
import { Download } from 'lucide-react';
import { Button } from '#ui/button.tsx';
import { Menu, MenuItem, MenuLabel } from '#ui/menu.tsx';

/** The points behind a chart, as a file to be had. */
export interface ChartFile {
  readonly name: string;
  readonly href: string;
}

/** The data of a chart as CSV: one file a metric. */
export function ChartFiles({ of, files }: { of: string; files: readonly ChartFile[] }) {
  const [only, ...more] = files;
  if (!only) return null;
  const get = (href: string) => window.location.assign(href);
  const looks = {
    look: 'ghost',
    className: '-my-1 h-7 gap-1 px-1.5 text-[12px] font-normal text-muted',
    'aria-label': `CSV: ${of}`,
    title: 'The values of this chart as CSV',
  } as const;
  const face = (
    <>
      <Download className="size-3.5" aria-hidden />
      CSV
    </>
  );
  if (more.length === 0)
    return (
      <Button {...looks} onClick={() => get(only.href)}>
        {face}
      </Button>
    );
  return (
    <Menu trigger={<Button {...looks}>{face}</Button>}>
      <MenuLabel>As CSV</MenuLabel>
      {files.map(({ name, href }) => (
        <MenuItem key={href} onSelect={() => get(href)}>
          <span className="font-mono text-[12px]">{name}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}
