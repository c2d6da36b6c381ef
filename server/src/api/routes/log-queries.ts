import { CountedQuery, CountedQueryCreate, CountedQueryList, CountedQueryPatch } from '@sotp/contract/logs.ts';
import type { CountedQueries } from '#services/logs/counted-queries.ts';
import { IdParams, route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

/** Queries whose matching lines are counted. */
export function logQueryRoutes(queries: CountedQueries): Route[] {
  const tag = 'logs';
  return [
    route({
      method: 'GET',
      path: '/log-queries',
      access: 'logs:read',
      tag,
      summary: 'List the queries whose matching lines are counted',
      output: CountedQueryList,
      handler: () => queries.list(),
    }),
    route({
      method: 'POST',
      path: '/log-queries',
      access: 'alerts:write',
      tag,
      summary: 'Count the lines that match a query from now on',
      description:
        'Each device that sends such lines gets a counter `log_matches_total` with the labels `query` and `collector`, ' +
        'a sample a minute. Lines of no device are not counted. With `alertAbove` an alert fires when more lines than that ' +
        'of one device match within five minutes.',
      body: CountedQueryCreate,
      output: CountedQuery,
      status: 201,
      handler: ({ actor, body }) => queries.create(actor, body),
    }),
    route({
      method: 'PATCH',
      path: '/log-queries/:id',
      access: 'alerts:write',
      tag,
      summary: 'Change a counted query; its counters go on',
      params: IdParams,
      body: CountedQueryPatch,
      output: CountedQuery,
      handler: ({ actor, params, body }) => queries.update(actor, params.id, body),
    }),
    route({
      method: 'DELETE',
      path: '/log-queries/:id',
      access: 'alerts:write',
      tag,
      summary: 'Count no more; the samples so far stay',
      params: IdParams,
      output: null,
      handler: ({ actor, params }) => queries.remove(actor, params.id),
    }),
  ];
}
