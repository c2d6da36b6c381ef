import type { PlanEntry } from './plan.ts';

/** Polls that are to be made soon, so many a second: thousands of devices may be new at once. */
export interface Soon {
  /**
   * Takes polls in line, the first for `from`, monotonic ms. Who would wait longer than its interval is left to its own slot,
   * which comes sooner.
   */
  add(entries: readonly PlanEntry[], from: number): void;
  /** Takes out what comes before `until`. */
  take(until: number): { readonly entry: PlanEntry; readonly at: number }[];
  clear(): void;
}

export function createSoon(perSecond: number): Soon {
  const gapMs = 1_000 / perSecond;
  let line: { entry: PlanEntry; at: number }[] = [];
  let free = Number.NEGATIVE_INFINITY;
  return {
    add(entries, from) {
      for (const entry of entries) {
        const at = Math.max(free, from);
        if (at - from >= entry.intervalSeconds * 1_000) continue;
        line.push({ entry, at });
        free = at + gapMs;
      }
    },
    take(until) {
      const due = line.filter(({ at }) => at < until);
      if (due.length > 0) line = line.filter(({ at }) => at >= until);
      return due;
    },
    clear() {
      line = [];
      free = Number.NEGATIVE_INFINITY;
    },
  };
}
