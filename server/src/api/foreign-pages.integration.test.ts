import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { openTestApi } from './testing.ts';
import type { TestApi } from './testing.ts';

const PASSWORD = 'correct horse battery';
const ORIGIN = 'http://localhost:80';

async function signIn(api: TestApi, username: string, password: string, more: object = {}) {
  const answer = await api.call('POST', '/auth/login', { body: { username, password }, ...more });
  return { ...answer, cookie: String(answer.headers['set-cookie']).split(';')[0] ?? '' };
}

describe('requests that a foreign page could send', () => {
  let api: TestApi;
  let cookie: string;
  before(async () => {
    api = await openTestApi();
    await api.access.ensureAdmin(PASSWORD);
    ({ cookie } = await signIn(api, 'admin', PASSWORD));
  });
  after(() => api.close());

  test('change nothing: with our cookie but a foreign, missing or null origin every mutating route refuses', async () => {
    const document = (await api.call('GET', '/openapi.json')).json;
    const foreign: Record<string, string>[] = [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost.evil.example' },
      { origin: 'http://localhost:81' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { origin: ORIGIN, 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example', 'content-type': 'text/plain', 'x-http-method-override': 'DELETE' },
    ];
    let asked = 0;
    for (const [path, methods] of Object.entries(document.paths as Record<string, object>)) {
      for (const method of Object.keys(methods)) {
        if (method === 'get') continue;
        for (const headers of foreign) {
          asked += 1;
          const url = path.slice('/api/v1'.length).replaceAll(/\{\w+\}/g, '1');
          const answer = await api.call(method.toUpperCase(), url, { headers: { cookie, ...headers }, payload: '{}' });
          assert.equal(answer.json?.error.code, 'csrf_rejected', `${method} ${path} ${JSON.stringify(headers)}`);
          assert.equal(answer.status, 403);
        }
      }
    }
    assert.ok(asked > 100);
    assert.equal((await api.call('GET', '/auth/me', { headers: { cookie } })).status, 200);
  });

  test('our own pages may: by Origin, or by Sec-Fetch-Site where a browser sends no Origin', async () => {
    for (const headers of [{ origin: 'http://localhost' }, { origin: ORIGIN }, { 'sec-fetch-site': 'same-origin' }]) {
      const body = { name: 't', role: 'viewer' };
      const answer = await api.call('POST', '/tokens', { headers: { cookie, ...headers } as {}, body });
      assert.equal(answer.status, 201, JSON.stringify(headers));
    }
  });

  test('signing in from a foreign page is refused too; a program without cookie may', async () => {
    const foreign = await signIn(api, 'admin', PASSWORD, { headers: { origin: 'https://evil.example' } });
    assert.equal(foreign.json.error.code, 'csrf_rejected');
    assert.equal((await signIn(api, 'admin', PASSWORD)).status, 200);
  });

  test('forwarded headers of strangers are not believed', async () => {
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
    };
    const answer = await signIn(api, 'admin', PASSWORD, { headers });
    assert.ok(!String(answer.headers['set-cookie']).includes('Secure'));
    const entry = (await api.call('GET', '/audit?action=sign-in', { headers: { cookie } })).json.items[0];
    assert.equal(entry.from, '127.0.0.1');
    const origin = { cookie, origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' };
    const posted = await api.call('POST', '/tokens', { headers: origin, body: { name: 't', role: 'viewer' } });
    assert.equal(posted.status, 403);
  });
});

describe('behind a proxy that is trusted', () => {
  test('the client is the one whom the proxy names, and the cookie is Secure', async () => {
    const api = await openTestApi({ options: { trustedProxies: ['127.0.0.0/8'], publicUrl: 'https://sotp.example' } });
    try {
      await api.access.ensureAdmin(PASSWORD);
      const headers = { 'x-forwarded-for': '198.51.100.66, 203.0.113.9', 'x-forwarded-proto': 'https' };
      const answer = await signIn(api, 'admin', PASSWORD, { headers: { ...headers, origin: 'https://sotp.example' } });
      assert.ok(String(answer.headers['set-cookie']).includes('Secure'));
      const entry = (await api.call('GET', '/audit', { headers: { cookie: answer.cookie } })).json.items[0];
      assert.equal(entry.from, '203.0.113.9');
    } finally {
      await api.close();
    }
  });
});
