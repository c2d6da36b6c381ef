'use client';
import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react';

const First = createContext(0);
const listeners = new Set<() => void>();
let current = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    current = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function snapshot(): number {
  if (current === 0 || timer === undefined) current = Date.now();
  return current;
}

/** Hands the server's instant to the first paint, so that ages read the same before and after hydration. */
export function NowProvider({ now, children }: { now: number; children: ReactNode }) {
  return <First value={now}>{children}</First>;
}

/** The present, epoch ms, ticking once a second for the whole page. */
export function useNow(): number {
  const first = useContext(First);
  return useSyncExternalStore(subscribe, snapshot, () => first);
}

const never = () => () => {};

/** False on the server and in the first paint, true afterwards: for what only the browser knows, like its zone. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
