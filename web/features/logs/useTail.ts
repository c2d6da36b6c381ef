'use client';
import { useEffect, useRef, useState } from 'react';
import { LogEntry } from '@sotp/contract/logs.ts';
import { live } from '#lib/live.ts';
import type { LogFilter } from './queries.ts';
import { createTailRows, newestOf, type TailRow } from './tail-rows.ts';

/** Lines kept of a tail; older ones are found by searching. */
const KEPT = 2_000;
const PAINT_MS = 200;

export interface Tail {
  /** Newest first, with a gap where lines were left out because more came than could be sent. */
  readonly rows: readonly TailRow[];
  /** What came since the tail was paused. */
  readonly waiting: number;
}

const NOTHING: Tail = { rows: [], waiting: 0 };

/** Follows the lines that fit the filter; painted five times a second however many come, and not at all while paused. */
export function useTail(filter: LogFilter, on: boolean, paused: boolean): Tail {
  const { query, severity, device } = filter;
  const [tail, setTail] = useState<Tail>(NOTHING);
  const held = useRef(paused);
  useEffect(() => {
    held.current = paused;
  }, [paused]);
  useEffect(() => {
    setTail(NOTHING);
    if (!on) return;
    const fresh = createTailRows(KEPT);
    const given = Object.entries({ query, severity, device }).filter(([, value]) => value !== '');
    const stop = live().subscribe({
      topic: 'logs',
      filter: Object.fromEntries(given),
      onData(data) {
        const entry = LogEntry.safeParse(data);
        if (entry.success) fresh.line(entry.data);
      },
      onGap: (missed) => fresh.gap(missed),
    });
    const paint = setInterval(() => {
      const waiting = fresh.length;
      if (held.current) setTail((before) => (before.waiting === waiting ? before : { ...before, waiting }));
      else if (waiting > 0) {
        const added = fresh.take();
        setTail((before) => ({ rows: newestOf([...added, ...before.rows], KEPT), waiting: 0 }));
      }
    }, PAINT_MS);
    return () => {
      clearInterval(paint);
      stop();
    };
  }, [query, severity, device, on]);
  return tail;
}
