import { ArrowDown, ArrowUp } from 'lucide-react';
import type { SortingState } from '@tanstack/react-table';
import { cx } from '#ui/class.ts';
import { Checkbox } from '#ui/field.tsx';
import { SHOWN_FROM, type Column } from './columns.ts';

export interface HeadProps<T> {
  columns: readonly Column<T>[];
  sorting: SortingState;
  onSort(id: string): void;
  all?: { checked: boolean; some: boolean };
  onAll(checked: boolean): void;
}

/** The sticky head: a click sorts, the arrow says which way. */
export function Head<T>({ columns, sorting, onSort, all, onAll }: HeadProps<T>) {
  const cell =
    'sticky top-0 z-10 h-8 border-b border-line bg-surface px-3 text-left align-middle font-medium text-muted';
  return (
    <thead className="max-sm:hidden">
      <tr>
        {all ? (
          <th scope="col" className={cx(cell, 'w-9 pr-0')}>
            <Checkbox
              aria-label="Select all"
              checked={all.checked}
              ref={(box) => {
                if (box) box.indeterminate = all.some && !all.checked;
              }}
              onChange={(event) => onAll(event.target.checked)}
            />
          </th>
        ) : null}
        {columns.map((column) => {
          const sorted = sorting.find(({ id }) => id === column.id);
          const Arrow = sorted?.desc ? ArrowDown : ArrowUp;
          return (
            <th
              key={column.id}
              scope="col"
              aria-sort={sorted ? (sorted.desc ? 'descending' : 'ascending') : undefined}
              style={{ width: column.width }}
              className={cx(cell, SHOWN_FROM[column.from ?? 'always'], column.numeric && 'text-right')}
            >
              {column.sort ? (
                <button
                  type="button"
                  onClick={() => onSort(column.id)}
                  className={cx(
                    'group flex max-w-full items-center gap-1 align-middle hover:text-text',
                    column.numeric && 'ml-auto',
                    sorted && 'text-text',
                  )}
                >
                  <span className={cx('truncate', column.quietHeader && 'sr-only')}>{column.header}</span>
                  <Arrow
                    className={cx(
                      'size-3 shrink-0',
                      !sorted && 'opacity-0 group-hover:opacity-60',
                      column.numeric && '-order-1',
                    )}
                    aria-hidden
                  />
                </button>
              ) : (
                <span className={cx('block truncate', column.quietHeader && 'sr-only')}>{column.header}</span>
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
