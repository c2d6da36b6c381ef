'use client';
import { useCallback, useMemo } from 'react';
import { useNow } from '#lib/now.tsx';
import { useUrlState } from '#lib/url.ts';
import { DEFAULT_RANGE, windowOf, type RangeName } from './window.ts';

/** The page's time window from the address, and how to change it. */
export function useTimeWindow() {
  const { params, set } = useUrlState();
  const window = useMemo(() => windowOf(params), [params]);
  const choose = useCallback(
    (range: RangeName) => set({ range: range === DEFAULT_RANGE ? null : range, from: null, to: null }),
    [set],
  );
  const zoom = useCallback(
    (from: number, to: number) => set({ from: String(from), to: String(to), range: null }, 'push'),
    [set],
  );
  const back = useCallback(() => {
    if (params.has('from')) globalThis.history.back();
  }, [params]);
  return { window, choose, zoom, back };
}

/** The two instants that charts draw between; a moving window moves in steps too small to see. */
export function useSpan(): { from: number; to: number } {
  const { window } = useTimeWindow();
  const now = useNow();
  if (window.kind === 'fixed') return window;
  const tick = Math.max(1000, window.spanMs / 600);
  const to = Math.ceil(now / tick) * tick;
  return { from: to - window.spanMs, to };
}
