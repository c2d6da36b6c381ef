import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { createOtlpTracing } from '#app/tracing/otlp.ts';
import { startReceiver } from '#app/tracing/testing.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { traceRequests } from './tracing.ts';

const PLACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('a request is a span around all that it does, also behind its body; a trace goes on from trusted proxies only', async () => {
  const receiver = await startReceiver();
  const tracing = createOtlpTracing({
    endpoint: receiver.url,
    headers: {},
    ratio: 1,
    role: 'hub',
    instance: '1',
    version: '0',
    clock: systemClock,
    log: silentLog,
  });
  const app = Fastify({ trustProxy: '127.0.0.1' });
  traceRequests(app, tracing, '/api/');
  app.post('/api/v1/things/:id', async () => {
    await tracing.span('store', async () => undefined);
    return {};
  });
  app.get('/api/v1/broken', async (_request, reply) => reply.code(503).send({}));
  app.get('/healthz', async () => ({}));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const ask = async (path: string, init: RequestInit = {}) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, init)).arrayBuffer();
  const body = JSON.stringify({ secret: 'x'.repeat(100_000) });
  const headers = { 'content-type': 'application/json', traceparent: PLACE };
  await ask('/api/v1/things/7?token=hidden', { method: 'POST', body, headers });
  await ask('/api/v1/things/8', { method: 'POST', body, headers: { ...headers, 'x-forwarded-for': '192.0.2.1' } });
  await ask('/api/v1/broken');
  await ask('/healthz');
  await app.close();
  await tracing.stop();
  await receiver.close();

  const [own, goneOn] = receiver.spans.filter(({ name }) => name === 'POST /api/v1/things/:id');
  assert.ok(own && goneOn);
  assert.deepEqual(
    [own.parentSpanId, goneOn.traceId, goneOn.parentSpanId],
    [undefined, PLACE.slice(3, 35), PLACE.slice(36, 52)],
  );
  const stores = receiver.spans.filter(({ name }) => name === 'store').map(({ parentSpanId }) => parentSpanId);
  assert.deepEqual(stores, [own.spanId, goneOn.spanId]);
  const broken = receiver.spans.find(({ name }) => name === 'GET /api/v1/broken');
  assert.deepEqual([broken?.failed, broken?.attributes.get('http.response.status_code')], [true, 503]);
  assert.equal(receiver.spans.length, 5);
  assert.ok(!receiver.bodies.join('').includes('hidden'));
});
