'use client';
import { Download } from 'lucide-react';
import { Button } from '#ui/button.tsx';
import { Menu, MenuItem } from '#ui/menu.tsx';
import { exportHref } from './queries.ts';
import type { LogFilter } from './queries.ts';

/** The lines of the filter as a file. */
export function ExportMenu({ filter }: { filter: LogFilter }) {
  const get = (format: 'csv' | 'ndjson') => () => window.location.assign(exportHref(filter, format));
  return (
    <Menu
      trigger={
        <Button>
          <Download className="size-3.5" aria-hidden />
          Export
        </Button>
      }
    >
      <MenuItem onSelect={get('csv')}>CSV, for spreadsheets</MenuItem>
      <MenuItem onSelect={get('ndjson')}>NDJSON, with all fields</MenuItem>
    </Menu>
  );
}
