import type uPlot from 'uplot';
import { brief } from '#lib/format.ts';
import { isolated, type ChartSeries } from './data.ts';

export interface ChartShape {
  readonly series: readonly ChartSeries[];
  readonly unit: string | null;
  readonly width: number;
  readonly height: number;
  readonly syncKey: string;
  /** Fixed top of the scale, as 100 for percentages. */
  readonly top?: number;
  window(): [number, number];
  color(css: string): string;
  onCursor(at: number | null): void;
  onZoom(from: number, to: number): void;
  onBack(): void;
}

const FONT = '11px "Inter Variable", system-ui, sans-serif';
const BINARY_STEPS = Array.from({ length: 60 }, (_, i) => 2 ** (i - 4));

function isBytes(unit: string | null): boolean {
  return unit === 'B' || unit === 'bytes' || unit === 'octets' || unit === 'By';
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Times under the axis: seconds only when they differ, the day where a day begins. */
export function timeLabels(splits: readonly number[], stepMs: number): string[] {
  return splits.map((at) => {
    const date = new Date(at);
    const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
    if (stepMs >= 86_400_000 || (date.getHours() === 0 && date.getMinutes() === 0 && stepMs >= 60_000)) {
      return `${date.getDate()} ${MONTHS[date.getMonth()] ?? ''}`;
    }
    return stepMs < 60_000 ? `${clock}:${pad(date.getSeconds())}` : clock;
  });
}

/** What uPlot needs to draw the chart in the page's colours. */
export function chartOptions(shape: ChartShape): uPlot.Options {
  const { color, unit } = shape;
  const grid = color('color-mix(in oklch, var(--text) 8%, transparent)');
  const zero = color('color-mix(in oklch, var(--text) 30%, transparent)');
  const ink = color('var(--muted)');
  const mirrored = shape.series.some((line) => line.mirrored);

  function valueRange(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
    if (shape.top !== undefined) return [0, Math.max(shape.top, max ?? 0)];
    const high = Math.max(0, max ?? 0);
    const low = Math.min(0, min ?? 0);
    if (high === 0 && low === 0) return mirrored ? [-1, 1] : [0, 1];
    return [low * 1.08, high * 1.08];
  }

  return {
    width: shape.width,
    height: shape.height,
    ms: 1,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      sync: { key: shape.syncKey, scales: ['x', null] },
      points: {
        size: 6,
        width: 0,
        fill: (u, i) => String(u.series[i]?.stroke instanceof Function ? '' : (u.series[i]?.stroke ?? '')),
      },
      bind: {
        dblclick: () => () => {
          shape.onBack();
          return null;
        },
      },
    },
    scales: { x: { time: true, range: () => shape.window() }, y: { range: valueRange } },
    axes: [
      {
        stroke: ink,
        font: FONT,
        size: 24,
        gap: 4,
        space: 72,
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        values: (_, splits) => timeLabels(splits, (splits[1] ?? 0) - (splits[0] ?? 0)),
      },
      {
        stroke: ink,
        font: FONT,
        size: 58,
        gap: 6,
        space: 32,
        ...(isBytes(unit) ? { incrs: BINARY_STEPS } : {}),
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map((value) => brief(Math.abs(value), unit)),
      },
    ],
    series: [
      {},
      ...shape.series.map((line): uPlot.Series => {
        const name = `var(--chart-${line.color})`;
        return {
          label: line.label,
          stroke: color(name),
          width: 1.5,
          // More than two areas over each other are mud.
          ...(shape.series.length > 2 ? {} : { fill: color(`color-mix(in oklch, ${name} 8%, transparent)`) }),
          fillTo: 0,
          spanGaps: false,
          points: { show: true, size: 4, width: 0, fill: color(name), filter: (u, i) => isolated(u.data[i] ?? []) },
        };
      }),
    ],
    hooks: {
      drawAxes: mirrored ? [(u) => drawZero(u, zero)] : [],
      setCursor: [(u) => shape.onCursor(u.cursor.idx == null ? null : (u.data[0][u.cursor.idx] ?? null))],
      setSelect: [
        (u) => {
          if (u.select.width < 8) return;
          const from = u.posToVal(u.select.left, 'x');
          const to = u.posToVal(u.select.left + u.select.width, 'x');
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          shape.onZoom(Math.round(from), Math.round(to));
        },
      ],
    },
  };
}

function drawZero(u: uPlot, stroke: string): void {
  const y = Math.round(u.valToPos(0, 'y', true));
  u.ctx.save();
  u.ctx.strokeStyle = stroke;
  u.ctx.lineWidth = 1;
  u.ctx.beginPath();
  u.ctx.moveTo(u.bbox.left, y);
  u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
  u.ctx.stroke();
  u.ctx.restore();
}
