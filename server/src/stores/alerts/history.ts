import type { AlertSeverity } from '@sotp/contract/alerts.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import { CANARY_CODE } from './alerts.ts';
import type { AlertHistory } from './alerts.ts';

interface LongestRow {
  rule: string;
  subject: string;
  severity: AlertSeverity;
  summary: string;
  fired_at: Date;
  resolved_at: Date | null;
  seconds: number;
}

/** Fired in the period. */
const BEGAN = 'fired_at >= $1 and fired_at < $2 and code <> $3';

/** What fired from one instant to another. */
export async function readHistory(db: Queryable, from: number, to: number, limit: number): Promise<AlertHistory> {
  const within = [new Date(from), new Date(to), CANARY_CODE];
  const counts = await db.query<{ critical: number; warning: number }>(
    `select count(*) filter (where severity = 'critical')::int as critical,
       count(*) filter (where severity = 'warning')::int as warning from alert where ${BEGAN}`,
    within,
  );
  const longest = await db.query<LongestRow>(
    `select rule, subject, severity, summary, fired_at, resolved_at,
       extract(epoch from least(coalesce(resolved_at, $2), $2) - greatest(fired_at, $1))::float8 as seconds
     from alert where fired_at < $2 and (resolved_at is null or resolved_at > $1) and code <> $3
     order by seconds desc, id limit $4`,
    [...within, limit],
  );
  // A rule may have been given another name or severity meanwhile: the last one counts.
  const frequent = await db.query<AlertHistory['frequent'][number]>(
    `select (array_agg(rule order by id desc))[1] as rule, subject, (array_agg(severity order by id desc))[1] as severity,
       count(*)::int as times
     from alert where ${BEGAN} group by code, subject having count(*) > 1 order by times desc, max(id) desc limit $4`,
    [...within, limit],
  );
  return {
    ...(counts.rows[0] ?? { critical: 0, warning: 0 }),
    longest: longest.rows.map(({ fired_at: firedAt, resolved_at: resolvedAt, ...rest }) => ({
      ...rest,
      firedAt: firedAt.getTime(),
      resolvedAt: resolvedAt?.getTime() ?? null,
    })),
    frequent: frequent.rows,
  };
}
