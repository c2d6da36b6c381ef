const HOUR_MS = 3_600_000;
/** What was polled in an hour is stored by then, unless something is wrong. */
export const SETTLE_MS = 120_000;

/** Whole hours, epoch ms. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** The days before the last full hour whose polls are stored, by the calendar of this machine: a day may have 23 or 25 hours. */
export function periodBefore(now: number, days: number): Period {
  const to = Math.floor((now - SETTLE_MS) / HOUR_MS) * HOUR_MS;
  const first = new Date(to);
  first.setDate(first.getDate() - days);
  return { from: Math.floor(first.getTime() / HOUR_MS) * HOUR_MS, to };
}

/** How long until what was polled in the hour that has just ended is stored; 0 when it is. */
export function settlesIn(now: number): number {
  return Math.max(0, SETTLE_MS - (now % HOUR_MS));
}
