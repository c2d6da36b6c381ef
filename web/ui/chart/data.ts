import type { Point } from '@sotp/contract/metrics.ts';
import { withGaps } from './gaps.ts';

/** One line of a chart. `color` is the place in the palette, 1 to 8; a mirrored line is drawn below zero. */
export interface ChartSeries {
  readonly key: string;
  readonly label: string;
  readonly points: readonly Point[];
  readonly color: number;
  readonly mirrored?: boolean;
}

export interface Stats {
  readonly last: number | null;
  readonly min: number | null;
  readonly avg: number | null;
  readonly max: number | null;
  readonly p95: number | null;
}

type Cell = number | null | undefined;

/** Brings all lines onto one time axis. As uPlot has it, null is a gap and undefined "this line has no point here". */
export function align(series: readonly ChartSeries[]): [number[], ...Cell[][]] {
  const lines = series.map(({ points }) => withGaps(points));
  const times = new Set<number>();
  for (const line of lines) for (const [at] of line) times.add(at);
  const xs = [...times].sort((a, b) => a - b);
  const index = new Map(xs.map((at, i) => [at, i]));
  const columns = lines.map((line, nth) => {
    const sign = series[nth]?.mirrored ? -1 : 1;
    const column = Array.from<unknown, Cell>({ length: xs.length }, () => undefined);
    for (const [at, value] of line) column[index.get(at) ?? 0] = value === null ? null : value * sign;
    return column;
  });
  return [xs, ...columns];
}

/** The figures under a chart, of the values between the two instants. */
export function stats(points: readonly Point[], from: number, to: number): Stats {
  const values: number[] = [];
  for (const [at, value] of points) if (value !== null && at >= from && at <= to) values.push(value);
  if (values.length === 0) return { last: null, min: null, avg: null, max: null, p95: null };
  const sorted = values.toSorted((a, b) => a - b);
  const nearestRank = Math.max(0, Math.ceil(sorted.length * 0.95) - 1);
  return {
    last: values.at(-1) ?? null,
    min: sorted[0] ?? null,
    avg: values.reduce((sum, value) => sum + value, 0) / values.length,
    max: sorted.at(-1) ?? null,
    p95: sorted[nearestRank] ?? null,
  };
}

/** Points that stand alone between gaps: a line would not show them. */
export function isolated(column: ArrayLike<Cell>): number[] {
  const found: number[] = [];
  let before: number | null = null;
  let alone: number | undefined;
  for (let i = 0; i < column.length; i += 1) {
    const value = column[i];
    if (value === undefined) continue;
    if (value === null && alone !== undefined) found.push(alone);
    alone = value !== null && before === null ? i : undefined;
    before = value;
  }
  if (alone !== undefined) found.push(alone);
  return found;
}

/** The value at the instant nearest to `at`, or null when the nearest is a gap. */
export function valueAt(points: readonly Point[], at: number): number | null {
  let best: Point | undefined;
  for (const point of points) if (!best || Math.abs(point[0] - at) < Math.abs(best[0] - at)) best = point;
  return best?.[1] ?? null;
}
