import { memo, type ReactNode } from 'react';
import { cx } from '#ui/class.ts';
import { Checkbox } from '#ui/field.tsx';
import { SHOWN_FROM, type Column } from './columns.ts';

export interface RowProps<T> {
  row: T;
  index: number;
  columns: readonly Column<T>[];
  phone(row: T): ReactNode;
  selectable: boolean;
  checked: boolean;
  /** The one row that the tab key reaches. */
  active: boolean;
  opens: boolean;
}

// The body of the table hears the click; React only wants to see a listener on a controlled box.
const heardByTheBody = () => {};

function PlainRow<T>({ row, index, columns, phone, selectable, checked, active, opens }: RowProps<T>) {
  return (
    <tr
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={selectable ? checked : undefined}
      tabIndex={opens ? (active ? 0 : -1) : undefined}
      className={cx(
        'group/row focus-visible:outline-offset-[-2px]',
        opens && 'cursor-pointer',
        opens && !checked && 'hover:bg-hover',
        checked && 'bg-accent-soft',
      )}
    >
      {selectable ? (
        <td className="w-9 border-b border-line pl-3 align-middle group-last/row:border-0">
          <Checkbox checked={checked} onChange={heardByTheBody} aria-label="Select row" />
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
          {column.cell(row)}
        </td>
      ))}
      <td className="h-14 border-b border-line px-3 py-2 group-last/row:border-0 sm:hidden">{phone(row)}</td>
    </tr>
  );
}

/** One row. Scrolling draws only the rows that come into sight: those that stay are the same element. */
export const TableRow = memo(PlainRow) as typeof PlainRow;
