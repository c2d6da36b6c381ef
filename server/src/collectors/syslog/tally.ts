/** Why a line that came in was not handed on. */
export type DropReason = 'kernel' | 'buffer_full' | 'source_limit' | 'empty';

export type Transport = 'udp' | 'tcp' | 'tls';

/** Counts of one listener: all that came in is either handed on or dropped for a reason. */
export interface Tally {
  received: number;
  bytes: number;
  truncated: number;
  malformed: number;
  readonly dropped: Record<DropReason, number>;
}

export function createTally(): Tally {
  return {
    received: 0,
    bytes: 0,
    truncated: 0,
    malformed: 0,
    dropped: { kernel: 0, buffer_full: 0, source_limit: 0, empty: 0 },
  };
}

/** The tally as metrics. What the kernel dropped had come in too, so that received = stored + dropped. */
export function tallyMetrics(transport: Transport, tally: Tally): Record<string, number> {
  const label = `transport="${transport}"`;
  const metrics: Record<string, number> = {
    [`syslog_received_total{${label}}`]: tally.received + tally.dropped.kernel,
    [`syslog_received_bytes_total{${label}}`]: tally.bytes,
    [`syslog_truncated_total{${label}}`]: tally.truncated,
    [`syslog_parse_error_total{${label}}`]: tally.malformed,
  };
  for (const [reason, count] of Object.entries(tally.dropped)) {
    metrics[`syslog_dropped_total{${label},reason="${reason}"}`] = count;
  }
  return metrics;
}
