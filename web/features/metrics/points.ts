import type { Point } from '@sotp/contract/metrics.ts';

/** The same line in another scale: octets to bits, used to percent. */
export function mapPoints(points: readonly Point[], change: (value: number) => number): Point[] {
  return points.map(([at, value]) => [at, value === null ? null : change(value)]);
}

/** The newest value, unless it is older than `maxAgeMs`: then it says nothing about now. */
export function lastValue(points: readonly Point[], now: number, maxAgeMs: number): number | null {
  for (let i = points.length - 1; i >= 0; i -= 1) {
    const point = points[i];
    if (!point || now - point[0] > maxAgeMs) return null;
    if (point[1] !== null) return point[1];
  }
  return null;
}

/** The newest value, however old; null when there is none. */
export function newestOf(points: readonly Point[]): number | null {
  return points.findLast(([, value]) => value !== null)?.[1] ?? null;
}

/** The mean of what is known; null when nothing is. */
export function meanOf(points: readonly Point[]): number | null {
  const values = points.flatMap(([, value]) => (value === null ? [] : [value]));
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function peakOf(points: readonly Point[]): number {
  let peak = 0;
  for (const [, value] of points) if (value !== null && value > peak) peak = value;
  return peak;
}

/** Mean and greatest of several lines at every instant that any of them has. */
export function meanAndMax(lines: readonly (readonly Point[])[]): { mean: Point[]; max: Point[] } {
  const at = new Map<number, number[]>();
  for (const line of lines) {
    for (const [time, value] of line) {
      const values = at.get(time) ?? [];
      if (value !== null) values.push(value);
      at.set(time, values);
    }
  }
  const times = [...at.keys()].sort((a, b) => a - b);
  const over = (fold: (values: readonly number[]) => number): Point[] =>
    times.map((time) => {
      const values = at.get(time) ?? [];
      return [time, values.length === 0 ? null : fold(values)];
    });
  return {
    mean: over((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    max: over((values) => Math.max(...values)),
  };
}
