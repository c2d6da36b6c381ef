'use client';
import { useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import { useTable, type SortingState } from '@tanstack/react-table';
import { useRouter } from 'next/navigation';
import { cx } from '#ui/class.ts';
import { Checkbox } from '#ui/field.tsx';
import { definitions, features, SHOWN_FROM, type Column, type RowData } from './columns.ts';
import { Head } from './head.tsx';
import { useRowWindow } from './rows.ts';

export interface DataTableProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  rowKey(row: T): string;
  /** The row as two lines, for phones. */
  phone(row: T): ReactNode;
  href?(row: T): string;
  onOpen?(row: T): void;
  sorting?: SortingState;
  onSorting?(sorting: SortingState): void;
  /** Rows come sorted already. */
  sortedByServer?: boolean;
  selected?: ReadonlySet<string>;
  onSelected?(selected: ReadonlySet<string>): void;
  /** The last rows are in sight: fetch more. */
  onEnd?(): void;
  /** Stands in place of the rows. */
  empty?: ReactNode;
}

/** The table that carries the product: sorted, selectable, by keyboard, and only the rows in sight are drawn. */
export function DataTable<T extends RowData>(props: DataTableProps<T>) {
  const { columns, rowKey, selected, onSelected } = props;
  const [ownSorting, setOwnSorting] = useState<SortingState>(props.sorting ?? []);
  const sorting = props.onSorting ? (props.sorting ?? []) : ownSorting;
  const defs = useMemo(() => definitions(columns), [columns]);
  const table = useTable({
    features,
    columns: defs,
    data: props.rows,
    getRowId: rowKey,
    manualSorting: props.sortedByServer === true,
    state: { sorting },
    enableMultiSort: false,
    onSortingChange: (update) => {
      const next = typeof update === 'function' ? update(sorting) : update;
      (props.onSorting ?? setOwnSorting)(next);
    },
  });
  const rows = table.getRowModel().rows;
  const body = useRef<HTMLTableSectionElement>(null);
  const view = useRowWindow(rows.length, body, props.onEnd);
  const [active, setActive] = useState(0);
  const router = useRouter();
  const opens = props.href !== undefined || props.onOpen !== undefined;

  function open(row: T, event: MouseEvent | KeyboardEvent): void {
    if (props.onOpen) return props.onOpen(row);
    const href = props.href?.(row);
    if (href === undefined) return;
    if (event.metaKey || event.ctrlKey) window.open(href, '_blank', 'noopener');
    else router.push(href);
  }

  function toggle(key: string): void {
    if (!selected || !onSelected) return;
    const next = new Set(selected);
    if (!next.delete(key)) next.add(key);
    onSelected(next);
  }

  function move(to: number): void {
    const next = Math.min(Math.max(0, to), rows.length - 1);
    setActive(next);
    view.reveal(next);
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus());
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (!(event.target instanceof HTMLTableRowElement)) return;
    const row = rows[active];
    if (event.key === 'ArrowDown' || event.key === 'j') move(active + 1);
    else if (event.key === 'ArrowUp' || event.key === 'k') move(active - 1);
    else if (event.key === 'Home') move(0);
    else if (event.key === 'End') move(rows.length - 1);
    else if (event.key === 'Enter' && row) open(row.original, event);
    else if ((event.key === ' ' || event.key === 'x') && row && selected) toggle(row.id);
    else return;
    event.preventDefault();
  }

  return (
    <div className="card overflow-clip">
      <table
        aria-label={props.label}
        aria-rowcount={rows.length}
        className="w-full table-fixed border-separate border-spacing-0 text-table"
      >
        <colgroup className="sm:hidden">
          {selected ? <col className="w-11" /> : null}
          <col />
        </colgroup>
        <Head
          columns={columns}
          sorting={sorting}
          onSort={(id) => table.getColumn(id)?.toggleSorting()}
          all={selected && { checked: rows.length > 0 && selected.size >= rows.length, some: selected.size > 0 }}
          onAll={(checked) => onSelected?.(new Set(checked ? rows.map((row) => row.id) : []))}
        />
        <tbody ref={body} onKeyDown={onKeyDown}>
          {view.before > 0 ? <tr aria-hidden style={{ height: view.before }} /> : null}
          {view.indexes.map((index) => {
            const row = rows[index];
            if (!row) return null;
            const checked = selected?.has(row.id) ?? false;
            return (
              <tr
                key={row.id}
                data-index={index}
                aria-rowindex={index + 1}
                aria-selected={selected ? checked : undefined}
                tabIndex={opens ? (index === active ? 0 : -1) : undefined}
                onFocus={() => setActive(index)}
                onClick={(event) => {
                  if (!opens || interactive(event)) return;
                  open(row.original, event);
                }}
                className={cx(
                  'group/row focus-visible:outline-offset-[-2px]',
                  opens && 'cursor-pointer',
                  opens && !checked && 'hover:bg-hover',
                  checked && 'bg-accent-soft',
                )}
              >
                {selected ? (
                  <td className="w-9 border-b border-line pl-3 align-middle group-last/row:border-0">
                    <Checkbox checked={checked} onChange={() => toggle(row.id)} aria-label="Select row" />
                  </td>
                ) : null}
                {columns.map((column) => (
                  <td
                    key={column.id}
                    className={cx(
                      'h-(--row) truncate border-b border-line px-3 group-last/row:border-0',
                      SHOWN_FROM[column.from ?? 'always'],
                      column.numeric && 'figures text-right',
                    )}
                  >
                    {column.cell(row.original)}
                  </td>
                ))}
                <td className="h-14 border-b border-line px-3 py-2 group-last/row:border-0 sm:hidden">
                  {props.phone(row.original)}
                </td>
              </tr>
            );
          })}
          {view.after > 0 ? <tr aria-hidden style={{ height: view.after }} /> : null}
          {rows.length === 0 && props.empty ? (
            <tr>
              <td colSpan={columns.length + 2}>{props.empty}</td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

/** Whether a click meant something inside the row rather than the row. */
function interactive(event: MouseEvent): boolean {
  if (!(event.target instanceof Element)) return false;
  if (event.target.closest('a, button, input, select, label')) return true;
  return (window.getSelection()?.toString() ?? '') !== '';
}
