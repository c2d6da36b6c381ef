'use client';
import { useEffect, useState } from 'react';
import { LogEntry } from '@sotp/contract/logs.ts';
import { live } from '#lib/live.ts';
import type { LogFilter } from './queries.ts';

/** Lines kept of a tail; older ones are found by searching. */
const KEPT = 2_000;
const PAINT_MS = 200;

export interface Tail {
  readonly lines: readonly LogEntry[];
  /** Lines were left out, because more came than could be sent. */
  readonly gaps: number;
}

const NOTHING: Tail = { lines: [], gaps: 0 };

/** Follows the lines that fit the filter, newest first; painted five times a second however many come. */
export function useTail(filter: LogFilter, on: boolean, paused: boolean): Tail {
  const { query, severity, device } = filter;
  const [tail, setTail] = useState<Tail>(NOTHING);
  useEffect(() => {
    setTail(NOTHING);
    if (!on || paused) return;
    let fresh: LogEntry[] = [];
    let gaps = 0;
    const given = Object.entries({ query, severity, device }).filter(([, value]) => value !== '');
    const stop = live().subscribe({
      topic: 'logs',
      filter: Object.fromEntries(given),
      onData(data) {
        const entry = LogEntry.safeParse(data);
        if (entry.success) fresh.push(entry.data);
        if (fresh.length > KEPT) fresh = fresh.slice(-KEPT);
      },
      onGap: () => void gaps++,
    });
    const paint = setInterval(() => {
      if (fresh.length === 0 && gaps === 0) return;
      const [added, missed] = [fresh.toReversed(), gaps];
      fresh = [];
      gaps = 0;
      setTail((before) => ({ lines: [...added, ...before.lines].slice(0, KEPT), gaps: before.gaps + missed }));
    }, PAINT_MS);
    return () => {
      clearInterval(paint);
      stop();
    };
  }, [query, severity, device, on, paused]);
  return tail;
}
