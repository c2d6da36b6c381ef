import {
  LogContext,
  LogContextQuery,
  LogDetail,
  LogHistogram,
  LogHistogramQuery,
  LogPage,
  LogQuery,
  LogSenders,
  LogUsage,
} from '@sotp/contract/logs.ts';
import type { Logs } from '#services/logs/logs.ts';
import { IdParams, route } from './route.ts';
import type { Route } from './route.ts';

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
