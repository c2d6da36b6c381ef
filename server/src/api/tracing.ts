import type { FastifyInstance } from 'fastify';
import type { OpenSpan, Tracing } from '#platform/tracing.ts';

/** A request to the API as the first span of a trace, with its route and status and nothing of what was asked. */
export function traceRequests(app: FastifyInstance, tracing: Tracing, prefix: string): void {
  if (!tracing.on) return;
  const spans = new WeakMap<object, OpenSpan>();
  app.addHook('onRequest', (request, reply, done) => {
    const { url } = request.routeOptions;
    if (!url?.startsWith(prefix)) return done();
    // Whose word about the client is believed, his word about the trace is too.
    const trusted = (request.ips?.length ?? 0) > 1;
    const parent = request.headers['traceparent'];
    const span = tracing.open(`${request.method} ${url}`, {
      kind: 'server',
      facts: { 'http.request.method': request.method, 'http.route': url },
      from: trusted && typeof parent === 'string' ? parent : undefined,
    });
    spans.set(request, span);
    reply.raw.once('close', () => {
      span.note({ 'http.response.status_code': reply.statusCode });
      span.end(reply.statusCode >= 500 ? new Error('failed') : undefined);
    });
    span.within(done);
  });
  // Reading the body leaves the place where the hooks ran.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.within(done);
    else done();
  });
}
