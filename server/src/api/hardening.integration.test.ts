import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { openTestApi } from './testing.ts';
import type { TestApi } from './testing.ts';

describe('hostile requests', () => {
  let api: TestApi;
  let token: string;
  before(async () => {
    api = await openTestApi();
    token = await api.tokenFor('admin');
  });
  after(() => api.close());
  const raw = (path: string, payload: string, type = 'application/json') =>
    api.call('POST', path, { token, payload, headers: { 'content-type': type } });

  test('a body of 10 MB is refused cleanly', async () => {
    const answer = await raw('/devices', JSON.stringify({ address: 'x'.repeat(10_000_000) }));
    assert.deepEqual([answer.status, answer.json.error.code], [413, 'body_too_large']);
  });

  test('prototype keys, broken JSON, empty bodies and deep nesting are bad requests', async () => {
    const bodies = [
      '{"address":"10.0.0.1","__proto__":{"role":"admin"}}',
      '{"address":"10.0.0.1","constructor":{"prototype":{"x":1}}}',
      '{"address":',
      '',
      'null',
      '[]',
      '"x"',
      '['.repeat(100_000),
    ];
    for (const body of bodies) {
      const answer = await raw('/devices', body);
      assert.equal(answer.status, 400, `${body.slice(0, 60)}: ${answer.text}`);
      assert.ok(['bad_request', 'validation_failed'].includes(answer.json.error.code));
    }
    assert.equal(({} as Record<string, unknown>)['role'], undefined);
  });

  test('of duplicate keys only one is seen, and it is the one that was checked', async () => {
    const answer = await raw('/users', '{"username":"dup","role":"admin","role":"viewer"}');
    assert.deepEqual([answer.status, answer.json.role], [201, 'viewer']);
    const refused = await raw('/users', '{"username":"dup2","role":"viewer","role":"root"}');
    assert.equal(refused.json.error.details.fields[0].path, 'role');
  });

  test('fields that nobody may set are refused, not taken', async () => {
    const extra: [string, object, string][] = [
      ['/users', { username: 'm', role: 'viewer', id: '1' }, 'id'],
      ['/users', { username: 'm', role: 'viewer', createdAt: '2020-01-01T00:00:00Z' }, 'createdAt'],
      ['/tokens', { name: 't', role: 'viewer', owner: '1' }, 'owner'],
      ['/tokens', { name: 't', role: 'viewer', scope: null }, 'scope'],
      ['/auth/login', { username: 'm', password: 'x', role: 'admin' }, 'role'],
    ];
    for (const [path, body, field] of extra) {
      const answer = await api.call('POST', path, { token, body });
      assert.equal(answer.status, 400, path);
      assert.equal(answer.json.error.details.fields[0].path, field);
    }
  });

  test('other content types are refused', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'x',
      'application/xml',
    ]) {
      const answer = await raw('/devices', '{"address":"10.0.0.1"}', type);
      assert.deepEqual([answer.status, answer.json.error.code], [415, 'unsupported_media_type'], type);
    }
    // CSV belongs to the import alone.
    assert.equal((await raw('/devices', 'address\n10.0.0.1', 'text/csv')).status, 400);
  });

  test('parameters that come twice, or are of the wrong kind, are named', async () => {
    const cases: [string, string][] = [
      ['/devices?limit=0', 'limit'],
      ['/devices?limit=1001', 'limit'],
      ['/devices?limit=x', 'limit'],
      ['/devices?search=a&search=b', 'search'],
      ['/devices?status=purple', 'status'],
      ['/devices?sort=password', 'sort'],
      ['/metrics/query?metric=a&metric=b', 'metric'],
      ['/metrics/query', 'metric'],
      ['/metrics/query?metric=m&label.a=1&label.a=2', 'label.a'],
      ['/metrics/query?metric=m&fn=median', 'fn'],
      ['/metrics/query?metric=m&from=yesterday', 'from'],
      ['/metrics/query?metric=m&from=now&to=now-1h', 'from'],
      ['/metrics/query?metric=m&step=0', 'step'],
      ['/metrics/query?metric=m&step=fast', 'step'],
    ];
    for (const [path, field] of cases) {
      const answer = await api.call('GET', path, { token });
      assert.deepEqual([answer.status, answer.json.error.code], [400, 'validation_failed'], path);
      assert.equal(answer.json.error.details.fields[0].path, field, answer.text);
    }
    for (const path of ['/devices?cursor=zzz', '/users?cursor=-1', '/audit?cursor=1e9', '/metrics/series?cursor=%00']) {
      assert.equal((await api.call('GET', path, { token })).status, 400, path);
    }
  });

  test('strange ids and addresses are not found, and never a fault', async () => {
    const ids = [
      '0',
      '-1',
      '1.5',
      '1e3',
      '99999999999999999999',
      '%00',
      '..%2f..%2fetc',
      "1'%20or%201=1",
      '%F0%9F%92%A9',
      'x'.repeat(64),
    ];
    for (const id of ids) {
      for (const noun of ['devices', 'credentials', 'users', 'tasks']) {
        const answer = await api.call('GET', `/${noun}/${id}`, { token });
        assert.ok([400, 404].includes(answer.status), `${noun}/${id}: ${answer.status} ${answer.text}`);
        assert.equal(answer.json.error.code, answer.status === 404 ? 'not_found' : answer.json.error.code);
      }
    }
    for (const path of ['/nope', '/devices/1/nope', '/%E0%A4%A', '/..%2f..%2fetc%2fpasswd', `/${'x'.repeat(3_000)}`]) {
      const answer = await api.call('GET', path, { token });
      assert.ok([400, 404].includes(answer.status), `${path.slice(0, 40)}: ${answer.status}`);
      assert.ok(answer.json.error.code, answer.text);
    }
    assert.equal((await api.call('PUT', '/devices', { token, body: {} })).status, 404);
  });

  test('U+0000 and lone surrogates in text never become a fault', async () => {
    for (const name of ['a\u0000b', '\ud800', 'x'.repeat(254)]) {
      for (const [path, body] of [
        ['/devices', { address: '10.9.9.9', name }],
        ['/credentials', { name, kind: 'snmp-v2c', secret: { community: 'c' } }],
        ['/tokens', { name, role: 'viewer' }],
        ['/users', { username: name, role: 'viewer' }],
      ] as const) {
        const answer = await api.call('POST', path, { token, body });
        if (name.includes('\u0000')) assert.equal(answer.json.error.code, 'validation_failed', path);
        assert.ok(answer.status < 500, `${path} ${JSON.stringify(name)}: ${answer.status} ${answer.text}`);
      }
    }
    const search = await api.call('GET', '/devices?search=%00&site=%00&tag=%00', { token });
    assert.ok(search.status < 500, search.text);
    const audit = await api.call('GET', '/audit?actor=%00', { token });
    assert.ok(audit.status < 500, audit.text);
  });

  test('answers carry the headers that keep browsers from using them otherwise', async () => {
    for (const path of ['/devices', '/nope', '/openapi.json']) {
      const { headers } = await api.call('GET', path, { token });
      assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-powered-by'], undefined);
    }
  });
});

describe('too much of it', () => {
  test('requests of one address are limited, with the time to wait', async () => {
    const api = await openTestApi({ options: { requestsPerMinute: 5 } });
    try {
      for (let n = 0; n < 5; n++) assert.equal((await api.call('GET', '/auth/setup')).status, 200);
      const answer = await api.call('GET', '/auth/setup');
      assert.deepEqual([answer.status, answer.json.error.code], [429, 'rate_limited']);
      assert.ok(Number(answer.headers['retry-after']) > 0);
      assert.equal((await api.call('GET', '/auth/setup', { remoteAddress: '10.0.0.2' })).status, 200);
      assert.equal((await api.app.inject('/healthz')).statusCode, 200);
    } finally {
      await api.close();
    }
  });

  test('a hub whose event loop is late says so instead of being later still, and recovers', async () => {
    const api = await openTestApi({ options: { eventLoopDelayMaxMs: 20 } });
    const block = (ms: number) => {
      for (const until = performance.now() + ms; performance.now() < until;);
    };
    const statusAfter = async (work: () => void, wanted: number) => {
      for (let tries = 0; tries < 100; tries++) {
        work();
        const { status, json } = await api.call('GET', '/auth/setup');
        if (status === wanted) return json;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return assert.fail(`${wanted} was never answered`);
    };
    try {
      assert.equal((await statusAfter(() => block(300), 503)).error.code, 'overloaded');
      await statusAfter(() => undefined, 200);
    } finally {
      await api.close();
    }
  });

  test('queries that would pass a limit say which', async () => {
    const api = await openTestApi();
    try {
      const token = await api.tokenFor('viewer');
      const points = await api.call('GET', '/metrics/query?metric=m&from=now-30d&step=1s', { token });
      assert.equal(points.json.error.code, 'query_too_large');
      assert.equal(points.json.error.details.limit, 11_000);
      const one = { deviceId: 1, metric: 'm', unit: null, kind: 'gauge' as const };
      for (let id = 1; id <= 2_001; id++) api.metrics.catalogue.push({ id, ...one, labels: { n: String(id) } });
      const series = await api.call('GET', '/metrics/query?metric=m', { token });
      assert.equal(series.json.error.details.limit, 2_000);
      const narrow = await api.call('GET', '/metrics/query?metric=m&label.n=7', { token });
      assert.equal(narrow.json.series.length, 1);
      api.metrics.catalogue.splice(1_500);
      const answer = await api.call('GET', '/metrics/query?metric=m&step=5s&from=now-2h', { token });
      assert.equal(answer.json.error.details.limit, 2_000_000);
    } finally {
      await api.close();
    }
  });

  test('a counter is asked for its rate, anything else for its average, unless told otherwise', async () => {
    const api = await openTestApi();
    try {
      const token = await api.tokenFor('viewer');
      const one = { deviceId: 1, metric: 'm', unit: null, labels: {} };
      api.metrics.catalogue.push({ id: 1, ...one, kind: 'counter' }, { id: 2, ...one, kind: 'gauge' });
      const answer = await api.call('GET', '/metrics/query?metric=m&from=now-6h&step=5m', { token });
      assert.equal(answer.json.step, 300);
      assert.deepEqual(
        api.metrics.asked.map(({ fn, stepMs }) => [fn, stepMs]),
        [
          ['rate', 300_000],
          ['avg', 300_000],
        ],
      );
      await api.call('GET', '/metrics/query?metric=m&fn=max&from=1700000000000&to=2023-11-15T00:00:00Z', { token });
      const last = api.metrics.asked.at(-1);
      assert.deepEqual([last?.fn, last?.from, last?.to], ['max', 1_700_000_000_000, 1_700_006_400_000]);
    } finally {
      await api.close();
    }
  });
});
