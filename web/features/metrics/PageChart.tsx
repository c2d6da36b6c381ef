'use client';
import { Chart, type ChartProps } from '#ui/chart/chart.tsx';
import { useSpan, useTimeWindow } from './useWindow.ts';

/** A chart that shows the page's window and zooms all of the page's charts. */
export function PageChart(props: Omit<ChartProps, 'from' | 'to' | 'onZoom' | 'onBack'>) {
  const { from, to } = useSpan();
  const { zoom, back } = useTimeWindow();
  return <Chart {...props} from={from} to={to} onZoom={zoom} onBack={back} />;
}
