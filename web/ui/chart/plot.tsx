'use client';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import uPlot from 'uplot';
import { align, type ChartSeries } from './data.ts';
import { chartOptions } from './options.ts';

export interface PlotProps {
  series: readonly ChartSeries[];
  unit: string | null;
  from: number;
  to: number;
  height: number;
  syncKey: string;
  label: string;
  top?: number;
  /** Only this line is shown. */
  only: string | null;
  onCursor(at: number | null): void;
  onZoom(from: number, to: number): void;
  onBack(): void;
}

/** The canvas of a chart. Built anew only when lines, size of type or theme change; points and window slide in. */
export function Plot(props: PlotProps) {
  const { series, unit, from, to, height, syncKey, only } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const range = useRef<[number, number]>([from, to]);
  const theme = useTheme();
  const shape = series.map((line) => `${line.key}:${line.color}:${line.mirrored ? 1 : 0}`).join('|');
  const cursor = useEffectEvent((at: number | null) => props.onCursor(at));
  const zoom = useEffectEvent((start: number, end: number) => props.onZoom(start, end));
  const back = useEffectEvent(() => props.onBack());
  const data = useEffectEvent(() => align(series) as uPlot.AlignedData);
  const lines = useEffectEvent(() => series);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const mine = new uPlot(
      chartOptions({
        series: lines(),
        unit,
        width: element.clientWidth,
        height,
        syncKey,
        top: props.top,
        window: () => range.current,
        color: resolver(element),
        onCursor: (at) => cursor(at),
        onZoom: (start, end) => zoom(start, end),
        onBack: () => back(),
      }),
      data(),
      element,
    );
    plot.current = mine;
    const sizes = new ResizeObserver(() => {
      if (element.clientWidth !== mine.width) mine.setSize({ width: element.clientWidth, height });
    });
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      mine.destroy();
      plot.current = undefined;
    };
  }, [shape, unit, height, syncKey, theme, props.top]);

  useEffect(() => {
    range.current = [from, to];
    plot.current?.setData(align(series) as uPlot.AlignedData);
  }, [series, from, to]);

  useEffect(() => {
    series.forEach((line, i) => {
      const show = only === null || only === line.key;
      if (plot.current && plot.current.series[i + 1]?.show !== show) plot.current.setSeries(i + 1, { show });
    });
  }, [only, series, shape, theme]);

  return <div ref={host} role="img" aria-label={props.label} style={{ height }} className="w-full overflow-hidden" />;
}

/** Turns `var(--x)` into the colour that holds now: a canvas knows no variables. */
function resolver(element: HTMLElement): (css: string) => string {
  return (css) => {
    element.style.color = css;
    const found = getComputedStyle(element).color;
    element.style.color = '';
    return found;
  };
}

/** Counts changes of the theme, by the visitor or by the system. */
function useTheme(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const changed = () => setChanges((before) => before + 1);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', changed);
    window.addEventListener('sotp:theme', changed);
    return () => {
      system.removeEventListener('change', changed);
      window.removeEventListener('sotp:theme', changed);
    };
  }, []);
  return changes;
}
