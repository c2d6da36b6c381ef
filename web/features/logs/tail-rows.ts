import type { LogEntry } from '@sotp/contract/logs.ts';

/** Stands in a tail where lines were left out. */
export interface Gap {
  readonly id: string;
  /** How many; null when nobody knows, since the connection was new. */
  readonly missed: number | null;
}

export type TailRow = LogEntry | Gap;

export function isGap(row: TailRow): row is Gap {
  return 'missed' in row;
}

const sum = (a: number | null, b: number | null) => (a === null || b === null ? null : a + b);
const linesIn = (rows: readonly TailRow[]) =>
  rows.reduce<number | null>((all, row) => sum(all, isGap(row) ? row.missed : 1), 0);

/** The newest of rows, newest first, and a gap for the others. */
export function newestOf(rows: readonly TailRow[], kept: number): readonly TailRow[] {
  if (rows.length <= kept) return rows;
  return [...rows.slice(0, kept), { id: 'gap-end', missed: linesIn(rows.slice(kept)) }];
}

/** Rows of a tail in the order in which they came: at most `kept` lines, with a gap where others have been. */
export function createTailRows(kept: number) {
  let rows: TailRow[] = [];
  let gaps = 0;

  function gapOf(missed: number | null): Gap {
    return { id: `gap-${gaps++}`, missed };
  }

  /** What is too much goes from the oldest on, a good part at once. */
  function shorten(): void {
    if (rows.length <= kept * 1.25) return;
    rows = [gapOf(linesIn(rows.slice(0, -kept))), ...rows.slice(-kept)];
  }

  return {
    get length() {
      return rows.length;
    },
    line(entry: LogEntry): void {
      rows.push(entry);
      shorten();
    },
    gap(missed: number | null): void {
      const last = rows.at(-1);
      if (last && isGap(last)) rows[rows.length - 1] = { ...last, missed: sum(last.missed, missed) };
      else rows.push(gapOf(missed));
      shorten();
    },
    /** All rows, newest first; there are none then. */
    take(): TailRow[] {
      const taken = rows.toReversed();
      rows = [];
      return taken;
    },
  };
}
