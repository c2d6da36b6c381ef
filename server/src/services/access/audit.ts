import { isDeepStrictEqual } from 'node:util';
import type { AuditEntry } from '@sotp/contract/access.ts';
import type { Page } from '@sotp/contract/lists.ts';
import type { Clock } from '#platform/clock.ts';
import type { AuditStore } from '#stores/audit/audit.ts';
import type { Actor } from './actor.ts';
import { pageAfter, parseCursor } from '#domain/paging.ts';

export interface AuditQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
}

/** The trail of who did what. */
export interface Audit {
  /** Writes one entry; a change whose entry cannot be written is a failed change, so callers await it. */
  record(actor: Actor, action: string, subject: string | null, details?: Record<string, unknown>): Promise<void>;
  /** One entry for each subject that one action touched. */
  recordAll(
    actor: Actor,
    action: string,
    subjects: readonly { readonly subject: string; readonly details: Record<string, unknown> }[],
  ): Promise<void>;
  list(query: AuditQuery): Promise<Page<AuditEntry>>;
}

export function createAudit(deps: { store: AuditStore; clock: Clock }): Audit {
  const entry = (actor: Actor, action: string, subject: string | null, details: Record<string, unknown>) => ({
    at: deps.clock.now(),
    actor: actor.name,
    via: actor.via,
    from: actor.from,
    action,
    subject,
    details,
  });
  return {
    record: (actor, action, subject, details = {}) => deps.store.append(entry(actor, action, subject, details)),
    recordAll: (actor, action, subjects) =>
      deps.store.appendAll(subjects.map(({ subject, details }) => entry(actor, action, subject, details))),
    async list({ limit, cursor, ...filter }) {
      const before = parseCursor(cursor);
      const rows = await deps.store.list({ ...filter, ...(before === undefined ? {} : { before }), limit: limit + 1 });
      return pageAfter(rows, limit, (row) => ({
        ...row,
        id: String(row.id),
        at: new Date(row.at).toISOString(),
        details: { ...row.details },
      }));
    },
  };
}

/** What differs between two states of a thing, as `{field: {before, after}}`. */
export function difference(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, { before: unknown; after: unknown }> {
  const changed: Record<string, { before: unknown; after: unknown }> = {};
  for (const [field, value] of Object.entries(after)) {
    if (!isDeepStrictEqual(before[field], value)) {
      changed[field] = { before: before[field] ?? null, after: value ?? null };
    }
  }
  return changed;
}
