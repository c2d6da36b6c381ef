import type { Point } from '@sotp/contract/metrics.ts';

/**
 * The values that there are, with one null wherever one is missing. A series that is read every five minutes has a
 * value at every thirtieth step of ten seconds: that is its pace, not a gap. So a gap is what is wider than one and
 * a half times the usual distance between values.
 */
export function withGaps(points: readonly Point[]): Point[] {
  const known = points.filter(([, value]) => value !== null);
  const distances = known.slice(1).map(([at], i) => at - (known[i]?.[0] ?? at));
  const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
  const result: Point[] = [];
  known.forEach((point, i) => {
    const before = known[i - 1];
    if (before && point[0] - before[0] > usual * 1.5) result.push([before[0] + usual / 2, null]);
    result.push(point);
  });
  return result;
}
