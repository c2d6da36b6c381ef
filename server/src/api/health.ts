import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import { API_CSP } from './csp.ts';
import { exposition } from './exposition.ts';

/** Why this process cannot do its work now, in sentences; empty when it can. */
export type Readiness = () => Promise<readonly string[]>;

export interface SelfDeps {
  processes: ProcessBook;
  readiness: Readiness;
}

/** The hub's own figures. */
function createFigures() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'sotp_' });
  return {
    registry,
    requests: new Counter({
      name: 'sotp_http_requests_total',
      help: 'Requests by method, route and status.',
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
    }),
    duration: new Histogram({
      name: 'sotp_http_request_duration_seconds',
      help: 'Time from request to answer.',
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
      registers: [registry],
    }),
    ready: new Gauge({ name: 'sotp_ready', help: '1 when /readyz answers 200.', registers: [registry] }),
  };
}

/** /healthz, /readyz and /metrics, at the root. They need no sign-in and say nothing about devices. */
export async function addHealth(app: FastifyInstance, { processes, readiness }: SelfDeps): Promise<void> {
  const { registry, requests, duration, ready } = createFigures();
  app.addHook('onResponse', async (request, reply) => {
    // Routes, not addresses: there are few of them, and they hold nobody's data.
    const route = request.routeOptions.url ?? 'none';
    requests.inc({ method: request.method, route, status: String(reply.statusCode) });
    duration.observe(reply.elapsedTime / 1000);
  });
  await app.register(async (root) => {
    root.addHook('onRequest', async (_request, reply) => {
      reply.header('content-security-policy', API_CSP);
      reply.header('cache-control', 'no-store');
      reply.header('x-content-type-options', 'nosniff');
    });
    root.get('/healthz', async () => ({ status: 'ok' }));
    root.get('/readyz', async (_request, reply) => {
      const reasons = await readiness();
      if (reasons.length === 0) return { status: 'ready' };
      const message = reasons.join(' ');
      return reply.code(503).send({ error: { code: 'not_ready', message, details: { reasons } } });
    });
    root.get('/metrics', async (_request, reply) => {
      ready.set((await readiness()).length === 0 ? 1 : 0);
      reply.type('text/plain; version=0.0.4; charset=utf-8');
      return (await registry.metrics()) + exposition(processes.reports());
    });
  });
}
