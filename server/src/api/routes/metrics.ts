import { z } from 'zod';
import {
  DeviceUsage,
  ForecastAnswer,
  ForecastQuery,
  LatestAnswer,
  LatestQuery,
  MetricAnswer,
  MetricQuery,
  MetricUsage,
  Series,
  SeriesQuery,
} from '@sotp/contract/metrics.ts';
import { pageOf } from '@sotp/contract/lists.ts';
import type { SampleAnswer, Telemetry } from '#services/telemetry/queries.ts';
import { csvOf } from './metrics-csv.ts';
import { OPENMETRICS, openMetrics } from './openmetrics.ts';
import { IdParams, asItComes, route } from '#api/route.ts';
import type { Route } from '#api/route.ts';

const LABEL = 'label.';

/** A query with `label.NAME=value` beside its named parameters; each at most once. */
function withLabels<T extends z.core.$ZodLooseShape>(query: z.ZodObject<T>) {
  return query.catchall(z.unknown()).transform((all, ctx) => {
    const labels: Record<string, string> = {};
    const named: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(all)) {
      if (key in query.shape) named[key] = value;
      if (!key.startsWith(LABEL)) continue;
      if (typeof value === 'string' && key.length > LABEL.length) labels[key.slice(LABEL.length)] = value;
      else ctx.addIssue({ code: 'custom', path: [key], message: 'is to be given once, as label.NAME=value' });
    }
    return { ...(named as z.output<z.ZodObject<T>>), labels };
  });
}

const Query = withLabels(MetricQuery);
const Export = withLabels(SeriesQuery.pick({ device: true }).extend({ metric: z.string().min(1).max(200).optional() }));
const Forecasts = withLabels(ForecastQuery);

/** The answer as JSON, series after series. */
async function* jsonOf({ step, series }: SampleAnswer): AsyncGenerator<string> {
  let before = `{"step":${step},"series":[`;
  for await (const one of series) {
    yield before + JSON.stringify(one);
    before = ',';
  }
  yield before === ',' ? ']}' : `${before}]}`;
}

const RANGES =
  'Narrow by label with `label.NAME=value`. `from` and `to`: RFC 3339, epoch milliseconds, `now`, or `now-6h`. ' +
  '`fn` left out: `rate` for counters, else `avg`. A gap is null. `aggregate` with `by` puts series together, `topk` ' +
  'keeps those with the greatest mean; docs/queries.md says exactly how.';

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
      description: RANGES,
      query: Query,
      output: MetricAnswer,
      handler: async ({ actor, query, request }) =>
        asItComes(jsonOf(await telemetry.query(actor, query, request.signal))),
    }),
    route({
      method: 'GET',
      path: '/metrics/query.csv',
      access: 'metrics:read',
      tag,
      summary: 'Points of series over time, as CSV',
      description: RANGES,
      query: Query,
      output: z.string(),
      produces: 'text/csv; charset=utf-8',
      async handler({ actor, query, request, reply }) {
        const answer = await telemetry.query(actor, query, request.signal);
        reply.header('content-disposition', `attachment; filename="${query.metric.replaceAll(/\W/g, '_')}.csv"`);
        return asItComes(csvOf(answer.series, telemetry.deviceNames));
      },
    }),
    route({
      method: 'GET',
      path: '/metrics/latest',
      access: 'metrics:read',
      tag,
      summary: 'The newest value of every series of a device',
      query: LatestQuery,
      output: LatestAnswer,
      handler: ({ actor, query, request }) => telemetry.latest(actor, query.device, request.signal),
    }),
    route({
      method: 'GET',
      path: '/metrics/usage',
      access: 'system:read',
      tag,
      summary: 'What time series take on disk, and will take',
      output: MetricUsage,
      handler: () => telemetry.usage(),
    }),
    route({
      method: 'GET',
      path: '/metrics/usage/:id',
      access: 'metrics:read',
      tag,
      summary: 'What the time series of a device take on disk',
      params: IdParams,
      output: DeviceUsage,
      handler: ({ actor, params }) => telemetry.deviceUsage(actor, params.id),
    }),
    route({
      method: 'GET',
      path: '/metrics/forecast',
      access: 'metrics:read',
      tag,
      summary: 'A straight line through what was, and when it crosses a limit',
      query: Forecasts,
      output: ForecastAnswer,
      handler: ({ actor, query, request }) => telemetry.forecast(actor, query, request.signal),
    }),
    route({
      method: 'GET',
      path: '/metrics/export',
      access: 'metrics:read',
      tag,
      summary: 'The newest values as OpenMetrics text, for Prometheus to scrape',
      description: 'Narrow by `metric`, `device` and `label.NAME`. Values older than 15 minutes are left out.',
      query: Export,
      output: z.string(),
      produces: OPENMETRICS,
      handler: async ({ actor, query, request }) =>
        asItComes(openMetrics(await telemetry.exported(actor, query, request.signal))),
    }),
  ];
}
