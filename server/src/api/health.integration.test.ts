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
    const counters = { polls_total: 7, 'poll_lag_ms{quantile="0.99"}': 12, 'bad name': 1 };
    api.bus.publish('process-report', { role: 'collector', instance: 'a"b', at: 1, counters });
    await api.bus.flush();
    let text = '';
    for (let wait = 0; wait < 50 && !text.includes('sotp_polls_total'); wait++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      text = (await api.app.inject('/metrics')).body;
    }
    assert.match(text, /# TYPE sotp_polls_total counter\nsotp_polls_total\{role="collector",instance="a\\"b"\} 7\n/);
    assert.match(text, /sotp_poll_lag_ms\{role="collector",instance="a\\"b",quantile="0.99"\} 12\n/);
    assert.match(text, /^sotp_http_requests_total\{.*route="\/readyz".*\} \d/m);
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
