'use client';
import { useEffect, useLayoutEffect, useState, type RefObject } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMedia } from '#ui/media.ts';

const DRAW_ALL_BELOW = 120;
const PHONE_ROW = 57;

export interface RowWindow {
  readonly indexes: readonly number[];
  /** Height of the rows that are not drawn. */
  readonly before: number;
  readonly after: number;
  reveal(index: number): void;
}

/** Which rows are in sight of the page's own scroller; short tables are drawn whole, on the server too. */
export function useRowWindow(count: number, body: RefObject<HTMLElement | null>, onEnd?: () => void): RowWindow {
  const phone = useMedia('(max-width: 639px)');
  const [row, setRow] = useState(32);
  const [margin, setMargin] = useState(0);
  const whole = count <= DRAW_ALL_BELOW;
  const height = phone ? PHONE_ROW : row;

  useLayoutEffect(() => {
    const scroller = document.getElementById('main');
    if (!body.current || !scroller) return;
    setRow(document.documentElement.dataset['density'] === 'comfortable' ? 40 : 32);
    setMargin(body.current.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop);
  }, [body, count, phone]);

  const virtual = useVirtualizer({
    count: whole ? 0 : count,
    getScrollElement: () => document.getElementById('main'),
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: margin,
    initialRect: { width: 1200, height: 900 },
  });
  useEffect(() => virtual.measure(), [virtual, height]);

  const items = virtual.getVirtualItems();
  const last = whole ? count - 1 : (items.at(-1)?.index ?? 0);
  useEffect(() => {
    if (count > 0 && last >= count - 20) onEnd?.();
  }, [last, count, onEnd]);

  if (whole) {
    return {
      indexes: Array.from({ length: count }, (_, index) => index),
      before: 0,
      after: 0,
      reveal: (index) => body.current?.querySelector(`[data-index="${index}"]`)?.scrollIntoView({ block: 'nearest' }),
    };
  }
  return {
    indexes: items.map(({ index }) => index),
    before: Math.max(0, (items[0]?.start ?? margin) - margin),
    after: Math.max(0, virtual.getTotalSize() - ((items.at(-1)?.end ?? margin) - margin)),
    reveal: (index) => virtual.scrollToIndex(index),
  };
}
