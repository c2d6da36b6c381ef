import type { SeriesSpec } from '#collectors/collector.ts';
import type { Session } from '#collectors/snmp/client/session.ts';

function cost(metric: string, unit: string | null): SeriesSpec {
  return { metric, labels: {}, unit, kind: 'gauge' };
}

/** What one poll of a device cost it and us: series of their own, so that an expensive device shows on its page. */
export const COST_SERIES: readonly SeriesSpec[] = [
  cost('snmp_poll_requests', 'requests'),
  cost('snmp_poll_retries', 'requests'),
  cost('snmp_poll_varbinds', 'varbinds'),
  cost('snmp_poll_octets', 'octets'),
  cost('snmp_poll_seconds', 's'),
  cost('snmp_poll_faults', 'faults'),
];

/** The session's counters at the start of a poll. */
export interface CostStart {
  readonly atMs: number;
  readonly requests: number;
  readonly retries: number;
  readonly varbinds: number;
  readonly octets: number;
}

/** Remembers where the counters stand. */
export function startCost({ requests, retries, varbinds, octets }: Session, atMs: number): CostStart {
  return { atMs, requests, retries, varbinds, octets };
}

/** Writes the cost of a poll as the last values of its layout. */
export function writeCost(values: number[], start: CostStart, session: Session, nowMs: number, faults: number): void {
  const first = values.length - COST_SERIES.length;
  values[first] = session.requests - start.requests;
  values[first + 1] = session.retries - start.retries;
  values[first + 2] = session.varbinds - start.varbinds;
  values[first + 3] = session.octets - start.octets;
  values[first + 4] = (nowMs - start.atMs) / 1000;
  values[first + 5] = faults;
}
