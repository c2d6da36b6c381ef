import { Report, ReportQuery } from '@sotp/contract/reports.ts';
import type { Reports } from '#services/reporting/reports.ts';
import { route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** What happened in a period. */
export function reportRoutes(reports: Reports): Route[] {
  return [
    route({
      method: 'GET',
      path: '/reports/now',
      access: 'system:write',
      tag: 'fleet',
      summary: 'Make a report of the days before now: availability, alerts, polls missed, what is not watched',
      query: ReportQuery,
      output: Report,
      handler: ({ query, request }) => reports.make(query.days, request.signal),
    }),
  ];
}
