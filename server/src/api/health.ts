import type { FastifyInstance } from 'fastify';
import type { Meter } from '#platform/meter.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import type { TellProcess } from '#services/telemetry/processes.ts';
import { API_CSP } from './csp.ts';
import { exposition } from './exposition.ts';

/** Why this process cannot do its work now, in sentences; empty when it can. */
export type Readiness = () => Promise<readonly string[]>;

export interface SelfDeps {
  /** What other processes have told. */
  processes: ProcessBook;
  /** What this one would tell now. */
  tell: TellProcess;
  /** Takes what is measured of requests. */
  meter: Meter;
  readiness: Readiness;
}

/** Times and counts requests by route: routes, not addresses, for there are few of them and they hold nobody's data. */
function measureRequests(app: FastifyInstance, meter: Meter): void {
  app.addHook('onResponse', async (request, reply) => {
    const labels = `method="${request.method}",route="${request.routeOptions.url ?? 'none'}"`;
    meter.count(`http_requests_total{${labels},status="${reply.statusCode}"}`);
    meter.histogram(`http_request_duration_seconds{${labels}}`).observe(reply.elapsedTime / 1_000);
  });
}

/** /healthz, /readyz and /metrics, at the root. They need no sign-in and say nothing about devices. */
export async function addHealth(app: FastifyInstance, { processes, tell, meter, readiness }: SelfDeps): Promise<void> {
  measureRequests(app, meter);
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
      const own = await tell();
      const told = new Set(own.map(({ role, instance }) => `${role}/${instance}`));
      const others = processes.reports().filter(({ role, instance }) => !told.has(`${role}/${instance}`));
      reply.type('text/plain; version=0.0.4; charset=utf-8');
      return exposition([...own, ...others]);
    });
  });
}
