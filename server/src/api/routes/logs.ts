import { z } from 'zod';
import {
  LogContext,
  LogContextQuery,
  LogDetail,
  LogExportQuery,
  LogHistogram,
  LogHistogramQuery,
  LogPage,
  LogPatterns,
  LogPatternsQuery,
  LogQuery,
  LogSenders,
  LogUsage,
} from '@sotp/contract/logs.ts';
import type { Logs } from '#services/logs/logs.ts';
import { linesAsCsv, linesAsJson } from './logs-export.ts';
import { asItComes, IdParams, route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** What devices said. */
export function logRoutes(logs: Logs): Route[] {
  const tag = 'logs';
  return [
    route({
      method: 'GET',
      path: '/logs',
      access: 'logs:read',
      tag,
      summary: 'Search lines, newest first',
      description:
        '`query`: words, "phrases", -not, field:value, severity>=warning, device:core*, /regex/, OR and parentheses. ' +
        '`from` and `to` are of the time at which lines came. A page with few lines may have a next one.',
      query: LogQuery,
      output: LogPage,
      handler: ({ actor, query, request }) => logs.list(actor, query, request.signal),
    }),
    route({
      method: 'GET',
      path: '/logs/histogram',
      access: 'logs:read',
      tag,
      summary: 'Count lines by severity over time',
      query: LogHistogramQuery,
      output: LogHistogram,
      handler: ({ actor, query, request }) => logs.histogram(actor, query, request.signal),
    }),
    route({
      method: 'GET',
      path: '/logs/patterns',
      access: 'logs:read',
      tag,
      summary: 'Find the shapes that lines have',
      description:
        'Lines are mined into templates (Drain) with their counts; `new` marks those of which none came in the same time ' +
        'before. Of more than 20,000 lines a sample from all over the time is looked at: `looked` of `lines`.',
      query: LogPatternsQuery,
      output: LogPatterns,
      handler: ({ actor, query, request }) => logs.patterns(actor, query, request.signal),
    }),
    route({
      method: 'GET',
      path: '/logs/export',
      access: 'logs:read',
      tag,
      summary: 'Lines as CSV or NDJSON, newest first',
      query: LogExportQuery,
      output: z.string(),
      produces: 'text/csv; charset=utf-8',
      handler({ actor, query, request, reply }) {
        const pages = logs.export(actor, query, request.signal);
        reply.header('content-disposition', `attachment; filename="logs.${query.format}"`);
        if (query.format === 'ndjson') reply.type('application/x-ndjson; charset=utf-8');
        return asItComes(query.format === 'csv' ? linesAsCsv(pages) : linesAsJson(pages));
      },
    }),
    route({
      method: 'GET',
      path: '/logs/senders',
      access: 'logs:read',
      tag,
      summary: 'List senders of lines that are no devices yet, latest first',
      output: LogSenders,
      handler: ({ actor }) => logs.senders(actor),
    }),
    route({
      method: 'GET',
      path: '/logs/usage',
      access: 'system:read',
      tag,
      summary: 'What lines take on disk, by class of severity and day',
      output: LogUsage,
      handler: () => logs.usage(),
    }),
    route({
      method: 'GET',
      path: '/logs/:id',
      access: 'logs:read',
      tag,
      summary: 'Get a line with its bytes',
      params: IdParams,
      output: LogDetail,
      handler: ({ actor, params }) => logs.get(actor, params.id),
    }),
    route({
      method: 'GET',
      path: '/logs/:id/context',
      access: 'logs:read',
      tag,
      summary: 'Get the lines of the same sender before and after a line',
      params: IdParams,
      query: LogContextQuery,
      output: LogContext,
      handler: ({ actor, params, query }) => logs.context(actor, params.id, query.before, query.after),
    }),
  ];
}
