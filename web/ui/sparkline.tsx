import type { Point } from '@sotp/contract/metrics.ts';
import { withGaps } from '#ui/chart/gaps.ts';

export interface SparklineProps {
  /** One line, or two: in above, out below the middle. */
  points: readonly Point[];
  below?: readonly Point[];
  width?: number;
  height?: number;
  /** The window; a point that is missing at its edge is a gap. */
  from: number;
  to: number;
}

/** A line without axes. Gaps are gaps. */
export function Sparkline({ points, below, width = 96, height = 24, from, to }: SparklineProps) {
  const max = Math.max(peak(points), below ? peak(below) : 0);
  const room = below ? height / 2 - 1 : height - 2;
  const base = below ? height / 2 : height - 1;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden className="block overflow-hidden">
      <line x1="0" x2={width} y1={base} y2={base} stroke="var(--line)" />
      <path
        d={path(points, from, to, width, base, max === 0 ? 0 : -room / max)}
        fill="none"
        stroke="var(--chart-1)"
        strokeWidth="1.25"
      />
      {below ? (
        <path
          d={path(below, from, to, width, base, max === 0 ? 0 : room / max)}
          fill="none"
          stroke="var(--chart-2)"
          strokeWidth="1.25"
        />
      ) : null}
    </svg>
  );
}

function peak(points: readonly Point[]): number {
  let max = 0;
  for (const [, value] of points) if (value !== null && value > max) max = value;
  return max;
}

function path(points: readonly Point[], from: number, to: number, width: number, base: number, scale: number): string {
  let text = '';
  let pen = 'M';
  for (const [at, value] of withGaps(points)) {
    if (value === null) {
      pen = 'M';
      continue;
    }
    const x = ((at - from) / (to - from)) * width;
    text += `${pen}${x.toFixed(1)} ${(base + value * scale).toFixed(1)}`;
    pen = 'L';
  }
  return text;
}
