import { toJsonb } from '#stores/postgres/json.ts';
import type { Queryable } from '#stores/postgres/postgres.ts';
import type { AuditStore, AuditVia } from './audit.ts';

interface AuditRow {
  id: number;
  at: Date;
  actor: string;
  via: AuditVia;
  from_address: string | null;
  action: string;
  subject: string | null;
  details: Record<string, unknown>;
}

/** The audit trail in PostgreSQL: rows are added, never changed. */
export function createPostgresAudit(db: Queryable): AuditStore {
  return {
    async append(entry) {
      await db.query(
        `insert into audit_log (at, actor, via, from_address, action, subject, details)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [new Date(entry.at), entry.actor, entry.via, entry.from, entry.action, entry.subject, toJsonb(entry.details)],
      );
    },
    async appendAll(entries) {
      const rows = entries.map(({ at, from, ...entry }, n) => ({
        ...entry,
        n,
        at: new Date(at).toISOString(),
        from_address: from,
      }));
      await db.query(
        `insert into audit_log (at, actor, via, from_address, action, subject, details)
         select at, actor, via, from_address, action, subject, details
         from jsonb_to_recordset($1::jsonb) as t (n int, at timestamptz, actor text, via text, from_address text,
           action text, subject text, details jsonb) order by n`,
        [toJsonb(rows)],
      );
    },
    async list(filter) {
      const result = await db.query<AuditRow>(
        `select id, at, actor, via, from_address, action, subject, details from audit_log
         where ($1::bigint is null or id < $1) and ($2::text is null or actor = $2)
           and ($3::text is null or action = $3) and ($4::text is null or subject = $4)
         order by id desc limit $5`,
        [filter.before ?? null, filter.actor ?? null, filter.action ?? null, filter.subject ?? null, filter.limit],
      );
      return result.rows.map(({ from_address, at, ...row }) => ({ ...row, at: at.getTime(), from: from_address }));
    },
  };
}
