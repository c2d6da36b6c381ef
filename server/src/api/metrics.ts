import { z } from 'zod';
import { LatestAnswer, LatestQuery, MetricAnswer, MetricQuery, Series, SeriesQuery } from '@sotp/contract/metrics.ts';
import { pageOf } from '@sotp/contract/lists.ts';
import type { Telemetry } from '#services/telemetry/queries.ts';
import { route } from './route.ts';
import type { Route } from './route.ts';

const LABEL = 'label.';

/** `label.NAME=value` beside the named parameters; each at most once. */
const QueryWithLabels = MetricQuery.catchall(z.unknown()).transform((query, ctx) => {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(query)) {
    if (!key.startsWith(LABEL)) continue;
    if (typeof value === 'string' && key.length > LABEL.length) labels[key.slice(LABEL.length)] = value;
    else ctx.addIssue({ code: 'custom', path: [key], message: 'is to be given once, as label.NAME=value' });
  }
  const { metric, device, from, to, step, fn } = query;
  return { metric, device, from, to, step, fn, labels };
});

/** What was measured. */
export function metricRoutes(telemetry: Telemetry): Route[] {
  const tag = 'metrics';
  return [
    route({
      method: 'GET',
      path: '/metrics/series',
      access: 'metrics:read',
      tag,
      summary: 'List series',
      query: SeriesQuery,
      output: pageOf(Series),
      handler: ({ actor, query }) => telemetry.series(actor, query),
    }),
    route({
      method: 'GET',
      path: '/metrics/query',
      access: 'metrics:read',
      tag,
      summary: 'Points of series over time',
      description:
        'Narrow by label with `label.NAME=value`. `from` and `to`: RFC 3339, epoch milliseconds, `now`, or `now-6h`. ' +
        '`fn` left out: `rate` for counters, else `avg`. A gap is null.',
      query: QueryWithLabels,
      output: MetricAnswer,
      trusted: true,
      handler: ({ actor, query, request }) => telemetry.query(actor, query, request.signal),
    }),
    route({
      method: 'GET',
      path: '/metrics/latest',
      access: 'metrics:read',
      tag,
      summary: 'The newest value of every series of a device',
      query: LatestQuery,
      output: LatestAnswer,
      handler: ({ actor, query }) => telemetry.latest(actor, query.device),
    }),
  ];
}
