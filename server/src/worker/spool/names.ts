/** How the counters of a spool are called: `spool` and `samples` make `spool_backlog_samples`. */
export interface SpoolNames {
  readonly prefix: string;
  readonly items: string;
  readonly dropped: string;
}

export const SAMPLE_SPOOL: SpoolNames = { prefix: 'spool', items: 'samples', dropped: 'samples_dropped_total' };
export const LINE_SPOOL: SpoolNames = { prefix: 'log_spool', items: 'lines', dropped: 'syslog_dropped_total' };

export const TRAP_SPOOL: SpoolNames = { prefix: 'trap_spool', items: 'lines', dropped: 'trap_dropped_total' };

/** What waits, how long its oldest has, and for how long at least nothing of it has been delivered. */
export function waiting(batches: number, sinceProgressMs: number, oldestSeconds: number): Record<string, number> {
  const stalled = batches === 0 ? 0 : Math.floor(sinceProgressMs / 1_000);
  return { backlog_batches: batches, oldest_seconds: oldestSeconds, stalled_seconds: stalled };
}

/** The counters of a spool, and what it dropped by reason, under its names. */
export function nameCounters(
  { prefix, items, dropped }: SpoolNames,
  counters: Readonly<Record<string, number>>,
  backlogItems: number,
  drops: Readonly<Record<string, number>>,
): Record<string, number> {
  const named: Record<string, number> = { [`${prefix}_backlog_${items}`]: backlogItems };
  for (const [name, value] of Object.entries(counters)) named[`${prefix}_${name}`] = value;
  for (const [reason, value] of Object.entries(drops)) named[`${dropped}{reason="${reason}"}`] = value;
  return named;
}
