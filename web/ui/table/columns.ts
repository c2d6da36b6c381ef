import type { ReactNode } from 'react';
import {
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  type ColumnDef,
  type RowData,
} from '@tanstack/react-table';

/** A column in our words. Below the width named by `from` it is not shown; phones show two-line rows instead. */
export interface Column<T> {
  readonly id: string;
  readonly header: string;
  /** Read out but not shown, for columns of marks. */
  readonly quietHeader?: boolean;
  cell(row: T): ReactNode;
  /** What to sort by; without it the column does not sort. Empty values come last. */
  sort?(row: T): string | number | null;
  readonly numeric?: boolean;
  readonly width?: string;
  readonly from?: 'md' | 'lg' | 'xl' | '2xl';
}

export const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns: {} });
export type { RowData };

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Orders names as people do (Gi1/0/2 before Gi1/0/10) and numbers by size. */
export function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}

/** Our columns in the table library's terms. */
export function definitions<T extends RowData>(columns: readonly Column<T>[]): ColumnDef<typeof features, T>[] {
  return columns.map((column) => ({
    id: column.id,
    // The library puts undefined last whichever way a column is sorted.
    accessorFn: (row: T) => column.sort?.(row) ?? undefined,
    enableSorting: column.sort !== undefined,
    sortUndefined: 'last',
    sortDescFirst: column.numeric === true,
    sortFn: (a, b, id) => compare(a.getValue<string | number>(id), b.getValue<string | number>(id)),
  }));
}

export const SHOWN_FROM: Record<'always' | 'md' | 'lg' | 'xl' | '2xl', string> = {
  always: 'max-sm:hidden',
  md: 'max-md:hidden',
  lg: 'max-lg:hidden',
  xl: 'max-xl:hidden',
  '2xl': 'max-2xl:hidden',
};
