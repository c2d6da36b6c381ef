'use client';
import { useQuery } from '@tanstack/react-query';
import type { Labels, MetricAnswer, RangeFunction } from '@sotp/contract/metrics.ts';
import { browserApi } from '#lib/api.ts';
import { csvHref, rangeQuery } from './queries.ts';
import { useTimeWindow } from './useWindow.ts';
import type { ChartFile } from '#ui/chart/files.tsx';
import { stepFor } from './window.ts';

export interface RangeOptions {
  readonly device: string;
  readonly metric: string;
  readonly intervalSeconds: number;
  /** About so many points; a chart of 400, a sparkline of 60. */
  readonly points?: number;
  readonly fn?: RangeFunction;
  readonly labels?: Readonly<Record<string, string>>;
  readonly enabled?: boolean;
}

export type Line = MetricAnswer['series'][number];
const NONE: readonly Line[] = [];

/** The lines of one metric over the page's window, and where they can be had as a file. */
export function useRange(options: RangeOptions) {
  const { window } = useTimeWindow();
  const { device, metric, fn, labels, enabled } = options;
  const step = stepFor(window.spanMs, options.intervalSeconds, options.points ?? 400);
  const request = { device, metric, window, step, fn, labels };
  const query = useQuery({ ...rangeQuery(browserApi, request), enabled });
  const lines = query.data?.series ?? NONE;
  const files: ChartFile[] = lines.length > 0 ? [{ name: metric, href: csvHref(request) }] : [];
  return { lines, files, pending: query.isPending, error: query.error, step };
}

/** The text of a line where a metric has several. */
export function labelOf(labels: Labels, fallback: string): string {
  return labels['interface'] ?? labels['name'] ?? labels['storage'] ?? labels['processor'] ?? fallback;
}
