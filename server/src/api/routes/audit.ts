import { AuditEntry, AuditQuery } from '@sotp/contract/access.ts';
import { pageOf } from '@sotp/contract/lists.ts';
import type { Audit } from '#services/access/audit.ts';
import { route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** Who did what, when, from where. */
export function auditRoutes(audit: Audit): Route[] {
  return [
    route({
      method: 'GET',
      path: '/audit',
      access: 'audit:read',
      tag: 'audit',
      summary: 'List what was changed, newest first',
      query: AuditQuery,
      output: pageOf(AuditEntry),
      handler: ({ query }) => audit.list(query),
    }),
  ];
}
