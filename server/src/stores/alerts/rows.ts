import type { AlertSeverity, AlertState } from '@sotp/contract/alerts.ts';
import type { StoredAlert } from './alerts.ts';

export const ALERT_COLUMNS = `id, code, subject, state, severity, rule, summary, remedy, href, started_at, fired_at, clear_since,
  resolved_at, acknowledged_at, acknowledged_by, note`;

export interface AlertRow {
  id: number;
  code: string;
  subject: string;
  state: AlertState;
  severity: AlertSeverity;
  rule: string;
  summary: string;
  remedy: string;
  href: string | null;
  started_at: Date;
  fired_at: Date | null;
  clear_since: Date | null;
  resolved_at: Date | null;
  acknowledged_at: Date | null;
  acknowledged_by: string | null;
  note: string | null;
}

const ms = (at: Date | null) => at?.getTime() ?? null;

export function toAlert(row: AlertRow): StoredAlert {
  const { id, code, subject, state, severity, rule, summary, remedy, href, note } = row;
  return {
    id,
    code,
    subject,
    state,
    severity,
    rule,
    summary,
    remedy,
    href,
    note,
    startedAt: row.started_at.getTime(),
    firedAt: ms(row.fired_at),
    clearSince: ms(row.clear_since),
    resolvedAt: ms(row.resolved_at),
    acknowledgedAt: ms(row.acknowledged_at),
    acknowledgedBy: row.acknowledged_by,
  };
}
