import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { openTestApi } from './testing.ts';
import type { TestApi } from './testing.ts';

describe('health', () => {
  let api: TestApi;
  before(async () => {
    api = await openTestApi();
  });
  after(() => api.close());

  test('readiness says why not', async () => {
    assert.equal((await api.app.inject('/readyz')).statusCode, 200);
    api.problems.push('The database does not answer.');
    const answer = await api.app.inject('/readyz');
    assert.equal(answer.statusCode, 503);
    assert.deepEqual(answer.json().error.details.reasons, ['The database does not answer.']);
    api.problems.length = 0;
  });

  test("metrics hold the hub's own figures and what other processes report", async () => {
    const counters = { polls_total: 7, 'queue_jobs{state="waiting"}': 12, 'bad name': 1 };
    const histograms = { poll_start_lag_seconds: { bounds: [0.1, 1], counts: [3, 2, 1], sum: 9.5 } };
    api.bus.publish('process-report', { role: 'collector', instance: 'a"b', at: 1, counters, histograms });
    await api.bus.flush();
    let text = '';
    for (let wait = 0; wait < 50 && !text.includes('sotp_polls_total'); wait++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      text = (await api.app.inject('/metrics')).body;
    }
    assert.match(text, /# TYPE sotp_polls_total counter\nsotp_polls_total\{role="collector",instance="a\\"b"\} 7\n/);
    assert.match(text, /sotp_queue_jobs\{role="collector",instance="a\\"b",state="waiting"\} 12\n/);
    const lag = text.split('\n').filter((line) => line.includes('sotp_poll_start_lag_seconds'));
    assert.deepEqual(lag.slice(1), [
      '# TYPE sotp_poll_start_lag_seconds histogram',
      ...['0.1"} 3', '1"} 5', '+Inf"} 6'].map(
        (end) => `sotp_poll_start_lag_seconds_bucket{role="collector",instance="a\\"b",le="${end}`,
      ),
      'sotp_poll_start_lag_seconds_sum{role="collector",instance="a\\"b"} 9.5',
      'sotp_poll_start_lag_seconds_count{role="collector",instance="a\\"b"} 6',
    ]);
    assert.match(text, /^sotp_http_requests_total\{.*route="\/readyz".*\} \d/m);
    assert.match(text, /^sotp_http_request_duration_seconds_bucket\{.*route="\/readyz",le="\+Inf"\} \d/m);
    for (const line of text.split('\n')) assert.ok(line === '' || /^(# (HELP|TYPE) )?sotp_/.test(line), line);
  });

  test('when the database is away the API says so, and health still answers', async () => {
    const token = await api.tokenFor('viewer');
    await api.pg.stop();
    const answer = await api.call('GET', '/devices', { token });
    assert.deepEqual([answer.status, answer.json.error.code], [503, 'database_unavailable']);
    assert.equal((await api.app.inject('/healthz')).statusCode, 200);
  });
});
