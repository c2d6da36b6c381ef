'use client';
import { useMemo, useRef, useState, type FocusEvent, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import { useTable, type SortingState } from '@tanstack/react-table';
import { useRouter } from 'next/navigation';
import { definitions, features, type Column, type RowData } from './columns.ts';
import { Head } from './head.tsx';
import { TableRow } from './row.tsx';
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

  function onClick(event: MouseEvent<HTMLElement>): void {
    const row = rows[indexOf(event.target) ?? -1];
    if (!row) return;
    if (event.target instanceof HTMLInputElement) toggle(row.id);
    else if (opens && !interactive(event)) open(row.original, event);
  }

  function onFocus(event: FocusEvent<HTMLElement>): void {
    const index = indexOf(event.target);
    if (index !== undefined) setActive(index);
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
        aria-rowcount={rows.length + 1}
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
        <tbody ref={body} onKeyDown={onKeyDown} onClick={onClick} onFocus={onFocus}>
          {view.before > 0 ? <tr aria-hidden style={{ height: view.before }} /> : null}
          {view.indexes.map((index) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <TableRow
                key={row.id}
                row={row.original}
                index={index}
                columns={columns}
                phone={props.phone}
                selectable={selected !== undefined}
                checked={selected?.has(row.id) ?? false}
                active={index === active}
                opens={opens}
              />
            );
          })}
          {view.after > 0 ? <tr aria-hidden style={{ height: view.after }} /> : null}
          {rows.length === 0 && props.empty ? (
            <tr>
              <td colSpan={columns.length + (selected ? 1 : 0)}>{props.empty}</td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

/** Which row an element of the body belongs to. */
function indexOf(target: EventTarget): number | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>('tr[data-index]') : null;
  return row ? Number(row.dataset['index']) : undefined;
}

/** Whether a click meant something inside the row rather than the row. */
function interactive(event: MouseEvent): boolean {
  if (!(event.target instanceof Element)) return false;
  if (event.target.closest('a, button, input, select, label')) return true;
  return (window.getSelection()?.toString() ?? '') !== '';
}
