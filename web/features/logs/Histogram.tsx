'use client';
import { useMemo, useRef, useState, type PointerEvent } from 'react';
import type { LogHistogram } from '@sotp/contract/logs.ts';
import { count, plural } from '#lib/format.ts';
import { useHydrated } from '#lib/now.tsx';
import { SEVERITY_LOOK } from './severity.tsx';

const HEIGHT = 88;
const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const LONG = { day: 'numeric', month: 'short', ...CLOCK } as const;

/** From calm to grave: what is grave stands at the foot of the bar, where lengths compare best. */
const ORDER = [0, 1, 2, 3, 4, 5, 6, 7];

interface HistogramProps {
  data: LogHistogram;
  /** Only these severities; all when empty. */
  shown: ReadonlySet<number>;
  onZoom(from: number, to: number): void;
}

/** Lines over time, stacked by severity; drag to zoom in. */
export function Histogram({ data, shown, onZoom }: HistogramProps) {
  const [from, to, stepMs] = [Date.parse(data.from), Date.parse(data.to), data.step * 1000];
  const frame = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ start: number; end: number } | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const hydrated = useHydrated();
  const bars = useMemo(
    () =>
      data.steps.map(({ at, counts }) => {
        const parts = counts.map((value, severity) => (shown.size === 0 || shown.has(severity) ? value : 0));
        return { at, parts, sum: parts.reduce((a, b) => a + b, 0) };
      }),
    [data.steps, shown],
  );
  const top = Math.max(1, ...bars.map(({ sum }) => sum));
  const total = bars.reduce((all, { sum }) => all + sum, 0);
  const span = Math.max(1, to - from);
  const format = new Intl.DateTimeFormat('en-GB', span > 20 * 3_600_000 ? LONG : CLOCK);
  const pointed = over === null ? undefined : bars.find(({ at }) => over >= at && over < at + stepMs);

  function instantAt(event: PointerEvent): number {
    const box = frame.current?.getBoundingClientRect();
    if (!box || box.width === 0) return from;
    return from + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * span;
  }

  function finish(): void {
    if (drag) {
      const [a, b] = [Math.min(drag.start, drag.end), Math.max(drag.start, drag.end)];
      if (b - a > span / 100) onZoom(Math.floor(a), Math.ceil(b));
    }
    setDrag(null);
  }

  return (
    <figure className="card mb-3 min-w-0 px-3 pt-3 pb-2">
      <div
        ref={frame}
        role="img"
        aria-label={`${plural(total, 'line')} over time by severity, at most ${count(top)} in ${data.step} seconds`}
        className="relative cursor-crosshair touch-none select-none"
        style={{ height: HEIGHT }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ start: instantAt(event), end: instantAt(event) });
        }}
        onPointerMove={(event) => {
          const at = instantAt(event);
          setOver(at);
          if (drag) setDrag({ ...drag, end: at });
        }}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(null)}
        onPointerLeave={() => setOver(null)}
      >
        <svg width="100%" height={HEIGHT} viewBox={`0 0 1000 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
          {bars.map(({ at, parts }) => {
            const x = ((at - from) / span) * 1000;
            const width = Math.max(0.6, (stepMs / span) * 1000 - 0.8);
            let y = HEIGHT;
            return (
              <g key={at} opacity={pointed && pointed.at !== at ? 0.55 : 1}>
                {ORDER.map((severity) => {
                  const value = parts[severity] ?? 0;
                  if (value === 0) return null;
                  const height = Math.max(1.5, (value / top) * (HEIGHT - 2));
                  y -= height;
                  return (
                    <rect
                      key={severity}
                      x={x}
                      y={Math.max(0, y)}
                      width={width}
                      height={height}
                      fill={SEVERITY_LOOK[severity]?.fill}
                    />
                  );
                })}
              </g>
            );
          })}
        </svg>
        {drag ? (
          <span
            aria-hidden
            className="absolute inset-y-0 bg-accent/20"
            style={{
              left: `${((Math.min(drag.start, drag.end) - from) / span) * 100}%`,
              width: `${(Math.abs(drag.end - drag.start) / span) * 100}%`,
            }}
          />
        ) : null}
      </div>
      <figcaption className="figures mt-1 flex min-h-4 justify-between gap-3 border-t border-line pt-1 text-[12px] text-muted">
        <span>{hydrated ? format.format(from) : ''}</span>
        <span className="truncate text-text">
          {pointed && hydrated
            ? `${new Intl.DateTimeFormat('en-GB', { ...CLOCK, second: '2-digit' }).format(pointed.at)}: ${pointed.parts
                .map((value, severity) =>
                  value > 0 ? `${count(value)} ${SEVERITY_LOOK[severity]?.word.toLowerCase()}` : '',
                )
                .filter(Boolean)
                .join(', ')}`
            : data.countedFrom && hydrated
              ? `counted from ${format.format(Date.parse(data.countedFrom))} on: narrow the query or the time to count all`
              : ''}
        </span>
        <span>{hydrated ? format.format(to) : ''}</span>
      </figcaption>
    </figure>
  );
}
