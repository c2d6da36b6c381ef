import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { createMeter } from '#platform/meter.ts';
import type { ProcessBook } from '#services/telemetry/process-book.ts';
import { addHealth } from './health.ts';

test('metrics time requests by method and route, and tell of this process as it is now', async () => {
  const meter = createMeter();
  const stale = { role: 'hub', instance: 'a', at: 0, counters: { polls_total: 1 }, histograms: {} };
  const app = Fastify();
  await addHealth(app, {
    processes: { reports: () => [stale] } as unknown as ProcessBook,
    meter,
    tell: async () => [
      {
        role: 'hub',
        instance: 'a',
        at: 1,
        counters: { polls_total: 2, ...meter.counters() },
        histograms: meter.histograms(),
      },
    ],
    readiness: async () => [],
  });
  await app.inject('/readyz');
  await app.inject('/nowhere?secret=x');
  const text = (await app.inject('/metrics')).body;
  assert.match(text, /^sotp_polls_total\{role="hub",instance="a"\} 2$/m);
  assert.doesNotMatch(text, /secret|polls_total\{.*\} 1$/m);
  assert.match(text, /^sotp_http_requests_total\{.*method="GET",route="\/readyz",status="200"\} 1$/m);
  assert.match(text, /^sotp_http_requests_total\{.*route="none",status="404"\} 1$/m);
  assert.match(text, /^sotp_http_request_duration_seconds_count\{.*method="GET",route="\/readyz"\} 1$/m);
  await app.close();
});
