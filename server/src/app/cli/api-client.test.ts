import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { describe } from 'node:test';
import { z } from 'zod';
import { connectApi, createApiClient } from './api-client.ts';
import { readLocalAccess, removeLocalAccess, writeLocalAccess } from './local-token.ts';

const answering = (status: number, body: string) =>
  createApiClient({
    url: 'http://sotp.test',
    token: 't',
    fetch: async () => new Response(status === 204 ? null : body, { status }),
  });
const call = (status: number, body: string) => answering(status, body).call('GET', '/x', z.object({ a: z.number() }));

describe('the API as commands use it', () => {
  test('an error of the API is thrown with its own code and sentence', async () => {
    const body = JSON.stringify({ error: { code: 'not_found', message: 'There is no such device.' } });
    await assert.rejects(call(404, body), { code: 'not_found', message: 'There is no such device.' });
  });

  test('something else that answers there, or a newer SOTP, is told apart from nobody', async () => {
    await assert.rejects(call(502, '<html>Bad gateway</html>'), /is not SOTP: check SOTP_URL/);
    await assert.rejects(call(200, '{"b":1}'), /another version/);
    const refused = createApiClient({ url: 'http://127.0.0.1:1', token: 't' });
    await assert.rejects(refused.send('GET', '/x'), /does not answer at http:\/\/127\.0\.0\.1:1: start it/);
  });

  test('the token goes into the header and nowhere else', async () => {
    let seen: { url: string; headers: unknown } | undefined;
    const client = createApiClient({
      url: 'http://sotp.test',
      token: 'sotp_secret',
      fetch: async (url, init) => {
        seen = { url: String(url), headers: init?.headers };
        return new Response('{"a":1}');
      },
    });
    await client.call('GET', '/x', z.object({ a: z.number() }), { query: { q: 'a b', none: undefined } });
    assert.deepEqual(seen, {
      url: 'http://sotp.test/api/v1/x?q=a+b',
      headers: { authorization: 'Bearer sotp_secret' },
    });
  });
});

describe('where a command finds SOTP', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sotp-cli-'));
  test.after(() => rmSync(dataDir, { recursive: true, force: true }));

  test('nothing runs here and nothing is named: it says what to do', () => {
    assert.throws(() => connectApi({}, dataDir), { code: 'api_unreachable' });
    assert.throws(() => connectApi({ SOTP_URL: 'localhost' }, dataDir), { code: 'config_invalid' });
    assert.throws(() => connectApi({ SOTP_URL: 'http://sotp.test' }, dataDir), { code: 'unauthenticated' });
  });

  test('what a hub leaves is for the owner of the data directory only, and goes with the hub', () => {
    writeLocalAccess(dataDir, { url: 'http://127.0.0.1:8080', token: 'sotp_local' });
    assert.equal(statSync(join(dataDir, 'cli.json')).mode & 0o777, 0o600);
    assert.deepEqual(readLocalAccess(dataDir), { url: 'http://127.0.0.1:8080', token: 'sotp_local' });
    assert.doesNotThrow(() => connectApi({}, dataDir));
    assert.throws(() => connectApi({ SOTP_URL: 'http://elsewhere.test' }, dataDir), { code: 'unauthenticated' });
    removeLocalAccess(dataDir);
    assert.equal(readLocalAccess(dataDir), undefined);
  });
});
