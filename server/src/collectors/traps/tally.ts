/** Why a notification that came in was not stored. */
export const DROP_REASONS = [
  'kernel',
  'source_limit',
  'malformed',
  'no_notification',
  'unknown_community',
  'unknown_user',
  'unknown_engine',
  'security_level',
  'wrong_digest',
  'wrong_privacy',
  'not_in_time',
  'replayed',
  'repeated',
  'buffer_full',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Counts of the receiver: all that came in is handed on, or dropped for a reason. */
export interface Tally {
  received: number;
  /** Questions after our engine, which come before an inform: answered, and neither stored nor dropped. */
  discoveries: number;
  informsAcknowledged: number;
  reportsSent: number;
  readonly dropped: Record<DropReason, number>;
}

export function createTally(): Tally {
  const dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  return { received: 0, discoveries: 0, informsAcknowledged: 0, reportsSent: 0, dropped };
}

/** What was dropped before the receiver saw it: over the limit of its address, and by the kernel. */
export interface Outside {
  readonly limited: number;
  readonly kernel: number;
}

/** The tally as metrics. What was dropped outside had come in too, so that received = stored + dropped. */
export function tallyMetrics(tally: Tally, { limited, kernel }: Outside): Record<string, number> {
  const dropped = { ...tally.dropped, kernel, source_limit: tally.dropped.source_limit + limited };
  const metrics: Record<string, number> = {
    trap_received_total: tally.received - tally.discoveries + limited + kernel,
    trap_discoveries_total: tally.discoveries,
    trap_informs_acknowledged_total: tally.informsAcknowledged,
    trap_reports_sent_total: tally.reportsSent,
  };
  for (const [reason, count] of Object.entries(dropped)) metrics[`trap_dropped_total{reason="${reason}"}`] = count;
  return metrics;
}
