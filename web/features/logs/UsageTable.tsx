'use client';
import { useMemo } from 'react';
import type { LogUsage } from '@sotp/contract/logs.ts';
import { count, plural, show } from '#lib/format.ts';
import { Empty } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';

interface ClassUsage {
  readonly name: string;
  readonly days: number;
  readonly since: string;
  readonly bytes: number;
  readonly lines: number | null;
}

const CLASS_WORDS: Readonly<Record<string, string>> = {
  error: 'Emergency to error',
  notice: 'Warning, notice',
  info: 'Info',
  debug: 'Debug',
};

/** The days of each class together; a class is kept equally long. */
function byClass({ items }: LogUsage): ClassUsage[] {
  return Object.entries(CLASS_WORDS).flatMap(([name, word]) => {
    const own = items.filter((one) => one.class === name);
    const filled = own.filter(({ lines }) => lines !== 0);
    if (filled.length === 0) return [];
    const lines = own.some((one) => one.lines === null) ? null : own.reduce((sum, one) => sum + (one.lines ?? 0), 0);
    const since = filled.map(({ day }) => day).toSorted()[0] ?? '';
    return [{ name: word, days: filled.length, since, bytes: own.reduce((sum, one) => sum + one.bytes, 0), lines }];
  });
}

const COLUMNS: readonly Column<ClassUsage>[] = [
  { id: 'class', header: 'Severity', cell: ({ name }) => name },
  { id: 'since', header: 'Since', width: '120px', numeric: true, cell: ({ since }) => since.slice(0, 10) },
  { id: 'days', header: 'Days', width: '80px', numeric: true, from: 'md', cell: ({ days }) => count(days) },
  {
    id: 'lines',
    header: 'Lines',
    width: '120px',
    numeric: true,
    cell: ({ lines }) => (lines === null ? 'not told' : count(lines)),
  },
  { id: 'bytes', header: 'On disk', width: '110px', numeric: true, cell: ({ bytes }) => show(bytes, 'bytes') },
];

/** What lines take on disk, by how long they are kept. */
export function UsageTable({ usage }: { usage: LogUsage }) {
  const rows = useMemo(() => byClass(usage), [usage]);
  return (
    <DataTable<ClassUsage>
      label="Log lines on disk"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ name }) => name}
      phone={({ name, bytes, lines, since }) => (
        <>
          <span className="flex justify-between gap-3">
            <span>{name}</span>
            <span className="figures">{show(bytes, 'bytes')}</span>
          </span>
          <span className="block text-[12px] text-muted">
            {lines === null ? null : `${plural(lines, 'line')} `}since {since.slice(0, 10)}
          </span>
        </>
      )}
      empty={<Empty>No line has been stored yet.</Empty>}
    />
  );
}
