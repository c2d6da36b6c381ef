/** Why a poll was not made, or does not count. */
const SKIPS = [
  'late',
  'running',
  'not_ours',
  'cut_off',
  'double',
  'gone',
  'unreadable',
  'held_up',
  'clock',
  'stopping',
] as const;
export type Skip = (typeof SKIPS)[number];

/** Counts them, by reason. */
export function createSkips(): { count(reason: Skip): void; counters(): Record<string, number> } {
  const counted = new Map<Skip, number>(SKIPS.map((reason) => [reason, 0]));
  return {
    count: (reason) => void counted.set(reason, (counted.get(reason) ?? 0) + 1),
    counters: () =>
      Object.fromEntries([...counted].map(([reason, count]) => [`polls_skipped_total{reason="${reason}"}`, count])),
  };
}
