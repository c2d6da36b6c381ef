import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import { createOtlpTracing, placeOf } from './otlp.ts';
import type { OtlpOptions } from './otlp.ts';
import { startReceiver } from './testing.ts';

function tracingTo(endpoint: string, more: Partial<OtlpOptions> = {}) {
  return createOtlpTracing({
    endpoint,
    headers: { 'x-key': 'let-me-in' },
    ratio: 1,
    role: 'hub',
    instance: 'here/1',
    version: '0.0.0',
    clock: systemClock,
    log: silentLog,
    ...more,
  });
}

test('spans arrive as a tree, over processes, with links, facts and failures by their code', async () => {
  const receiver = await startReceiver();
  const tracing = tracingTo(`${receiver.url}/`);
  let handed: string | undefined;
  await tracing.span('request', async () => {
    await tracing.span('store', async (span) => span.note({ rows: 3 }));
    handed = tracing.here();
  });
  assert.equal(tracing.here(), undefined);
  const failing = tracing.span('job', () => Promise.reject(new AppError('no_answer', 'what came from outside')), {
    from: handed,
    alsoFrom: [handed ?? '', 'not a place'],
    kind: 'consumer',
    facts: { partition: 2 },
  });
  await assert.rejects(failing, { code: 'no_answer' });
  await tracing.stop();
  await receiver.close();
  const [store, request, job] = ['store', 'request', 'job'].map((name) =>
    receiver.spans.find((one) => one.name === name),
  );
  assert.ok(store && request && job);
  assert.equal(request.parentSpanId, undefined);
  assert.deepEqual(
    [store, job].map(({ traceId, parentSpanId }) => [traceId, parentSpanId]),
    [
      [request.traceId, request.spanId],
      [request.traceId, request.spanId],
    ],
  );
  assert.deepEqual([store.attributes.get('rows'), job.attributes.get('partition')], [3, 2]);
  assert.deepEqual(
    job.links.map(({ spanId }) => spanId),
    [request.spanId],
  );
  assert.deepEqual([job.failed, job.attributes.get('error.type')], [true, 'no_answer']);
  assert.ok(!receiver.bodies.join('').includes('what came from outside'));
  assert.deepEqual(
    [request.service, receiver.requests[0]?.path, receiver.requests[0]?.headers['x-key']],
    ['sotp-hub', '/v1/traces', 'let-me-in'],
  );
  assert.deepEqual(tracing.counters(), { trace_spans_sent_total: 3, 'trace_spans_dropped_total{reason="export"}': 0 });
});

test('a trace is recorded whole or not at all, in every process that it reaches', async () => {
  const receiver = await startReceiver();
  const [never, always] = [tracingTo(receiver.url, { ratio: 0 }), tracingTo(receiver.url)];
  const place = await never.span('unchosen', async () => never.here());
  assert.match(place ?? '', /-00$/);
  await always.span('part of what is not recorded', async () => undefined, { from: place });
  const chosen = await always.span('chosen', async () => always.here());
  await never.span('part of what is recorded', async () => undefined, { from: chosen });
  await Promise.all([never.stop(), always.stop()]);
  await receiver.close();
  assert.deepEqual(receiver.spans.map(({ name }) => name).toSorted(), ['chosen', 'part of what is recorded']);
});

test('a receiver that refuses costs the spans, and they are counted', async () => {
  const receiver = await startReceiver(400);
  const tracing = tracingTo(receiver.url);
  await tracing.span('lost', async () => undefined);
  await tracing.stop();
  await receiver.close();
  assert.equal(tracing.counters()['trace_spans_dropped_total{reason="export"}'], 1);
});

test('a place is a traceparent and nothing else', () => {
  const text = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  assert.equal(placeOf(text)?.traceFlags, 1);
  for (const wrong of [undefined, '', 'x', text.slice(1), `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `${text}-00`])
    assert.equal(placeOf(wrong), undefined);
});
