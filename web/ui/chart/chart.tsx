'use client';
import { useState, type ReactNode } from 'react';
import dynamic from 'next/dynamic';
import { brief } from '#lib/format.ts';
import { cx } from '#ui/class.ts';
import { Skeleton } from '#ui/state.tsx';
import { stats, valueAt, type ChartSeries } from './data.ts';
import { ChartFiles, type ChartFile } from './files.tsx';

const Plot = dynamic(() => import('./plot.tsx').then((module) => module.Plot), { ssr: false });

export interface ChartProps {
  title: ReactNode;
  /** The chart in words, for who cannot see it. */
  label: string;
  series: readonly ChartSeries[];
  unit: string | null;
  from: number;
  to: number;
  height?: number;
  top?: number;
  syncKey?: string;
  aside?: ReactNode;
  /** Its data, to be had as CSV. */
  files?: readonly ChartFile[];
  loading?: boolean;
  /** What to say instead of an empty frame. */
  empty?: string;
  onZoom(from: number, to: number): void;
  onBack(): void;
}

/** A chart with its legend: last, min, avg, max and 95th percentile in aligned figures; a click isolates a line. */
export function Chart({ height = 168, syncKey = 'page', ...props }: ChartProps) {
  const { series, unit, from, to } = props;
  const [at, setAt] = useState<number | null>(null);
  const [only, setOnly] = useState<string | null>(null);
  const nothing = series.every((line) => line.points.every(([, value]) => value === null));
  return (
    <figure className="card min-w-0 p-3">
      <figcaption className="mb-1 flex min-h-6 items-center justify-between gap-2">
        <span className="min-w-0 truncate text-[13px] font-medium">{props.title}</span>
        <span className="flex shrink-0 items-center gap-2 text-[12px] text-muted">
          {props.aside}
          <ChartFiles of={props.label} files={props.files ?? []} />
        </span>
      </figcaption>
      <div className="relative" style={{ height }}>
        {props.loading ? (
          <Skeleton className="h-full" />
        ) : (
          <Plot
            label={props.label}
            series={series}
            unit={unit}
            from={from}
            to={to}
            height={height}
            top={props.top}
            syncKey={syncKey}
            only={only}
            onCursor={setAt}
            onZoom={props.onZoom}
            onBack={props.onBack}
          />
        )}
        {!props.loading && nothing ? (
          <p className="pointer-events-none absolute inset-0 flex items-center justify-center pl-14 text-center text-[13px] text-muted">
            {props.empty ?? 'No values in this time.'}
          </p>
        ) : null}
      </div>
      <Legend series={series} unit={unit} from={from} to={to} at={at} only={only} onOnly={setOnly} />
    </figure>
  );
}

interface LegendProps {
  series: readonly ChartSeries[];
  unit: string | null;
  from: number;
  to: number;
  at: number | null;
  only: string | null;
  onOnly(key: string | null): void;
}

function Legend({ series, unit, from, to, at, only, onOnly }: LegendProps) {
  return (
    <table className="mt-1 w-full table-fixed text-[12px] leading-6">
      <thead>
        <tr className="text-muted">
          <th scope="col" className="truncate text-left font-normal">
            {at === null ? <span>{unit ?? <span className="sr-only">Series</span>}</span> : <CursorTime at={at} />}
          </th>
          <th scope="col" className="w-[14%] max-sm:w-[17%] text-right font-normal">
            {at === null ? 'last' : 'here'}
          </th>
          <th scope="col" className="w-[14%] max-sm:w-[17%] text-right font-normal max-sm:hidden">
            min
          </th>
          <th scope="col" className="w-[14%] max-sm:w-[17%] text-right font-normal">
            avg
          </th>
          <th scope="col" className="w-[14%] max-sm:w-[17%] text-right font-normal">
            max
          </th>
          <th scope="col" className="w-[14%] max-sm:w-[17%] text-right font-normal">
            95th
          </th>
        </tr>
      </thead>
      <tbody>
        {series.map((line) => {
          const figures = stats(line.points, from, to);
          const now = at === null ? figures.last : valueAt(line.points, at);
          const faded = only !== null && only !== line.key;
          return (
            <tr key={line.key} className={cx(faded && 'text-muted')}>
              <th scope="row" className="text-left font-normal">
                <button
                  type="button"
                  aria-pressed={only === line.key}
                  onClick={() => onOnly(only === line.key ? null : line.key)}
                  className="flex h-6 w-full items-center gap-1.5 max-sm:h-10"
                  title={line.label}
                >
                  <span
                    aria-hidden
                    className="h-[3px] w-3 shrink-0 rounded-full"
                    style={{ background: `var(--chart-${line.color})`, opacity: faded ? 0.3 : 1 }}
                  />
                  <span className="truncate">{line.label}</span>
                </button>
              </th>
              {[now, figures.min, figures.avg, figures.max, figures.p95].map((value, i) => (
                <td
                  key={i}
                  className={cx('figures truncate text-right', i === 0 && 'font-medium', i === 1 && 'max-sm:hidden')}
                >
                  {brief(value, unit)}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const IN_LEGEND = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;

// Only the browser moves a cursor, so only its zone is ever asked for.
function CursorTime({ at }: { at: number }) {
  return <span className="figures">{new Intl.DateTimeFormat('en-GB', IN_LEGEND).format(at)}</span>;
}
