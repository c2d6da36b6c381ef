import type { LogUsage } from '@sotp/contract/logs.ts';

const DAY_MS = 86_400_000;

/** What the lines of an ended UTC day take, as the mean of the last seven; null before there is one. */
export function bytesADay({ items }: LogUsage, now: number): number | null {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const ended = items.filter(({ day }) => Date.parse(day) < today && Date.parse(day) >= today - 7 * DAY_MS);
  if (ended.length === 0) return null;
  const first = Math.min(...ended.map(({ day }) => Date.parse(day)));
  return ended.reduce((sum, { bytes }) => sum + bytes, 0) / ((today - first) / DAY_MS);
}
