import type { Point } from '@sotp/contract/metrics.ts';

const DAY_MS = 86_400_000;
/** A line that needs longer to a limit says nothing. */
const HORIZON_MS = 3_650 * DAY_MS;

export interface Line {
  /** Where the line is at the instant it was asked for. */
  readonly value: number;
  readonly slopePerDay: number;
  /** R squared; 1 for a level series, which the line meets everywhere. */
  readonly fit: number;
}

/** The straight line with the least squares through the points, as it stands at an instant; null with fewer than two. */
export function lineThrough(points: readonly Point[], at: number): Line | null {
  let n = 0;
  let meanX = 0;
  let meanY = 0;
  for (const [x, y] of points) {
    if (y === null) continue;
    n++;
    meanX += (x - at - meanX) / n;
    meanY += (y - meanY) / n;
  }
  if (n < 2) return null;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const [x, y] of points) {
    if (y === null) continue;
    const [dx, dy] = [x - at - meanX, y - meanY];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const slope = xy / xx;
  const fit = yy === 0 ? 1 : Math.min(1, (slope * xy) / yy);
  return { value: meanY - slope * meanX, slopePerDay: slope * DAY_MS, fit };
}

/** When the line, which is at its value at the instant, crosses a limit; null when it does not within ten years. */
export function crossing(line: Line, limit: number, at: number): number | null {
  const wait = ((limit - line.value) / line.slopePerDay) * DAY_MS;
  return wait > 0 && wait <= HORIZON_MS ? Math.round(at + wait) : null;
}
