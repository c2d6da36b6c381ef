import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

let api: TestApi;
before(async () => {
  api = await openTestApi();
});
after(() => api.close());

test('counted queries are kept by who sees all sites, and audited', async () => {
  const operator = await api.tokenFor('operator');
  const body = { name: 'logins', query: '"failed password"' };
  const made = await api.call('POST', '/log-queries', { token: operator, body });
  assert.equal(made.status, 201, made.text);
  const { id } = made.json;
  assert.equal((await api.call('POST', '/log-queries', { token: operator, body })).status, 409);
  for (const wrong of [
    { name: 'Big Name', query: 'x' },
    { name: 'x', query: '/(/' },
    { name: 'x', query: 'severity:none' },
    { name: 'x', query: 'x', alertAbove: -1 },
  ]) {
    assert.equal((await api.call('POST', '/log-queries', { token: operator, body: wrong })).status, 400, wrong.query);
  }
  const path = `/log-queries/${id}`;
  assert.deepEqual(made.json, { id, name: 'logins', query: '"failed password"', alertAbove: null });
  const limited = await api.call('PATCH', path, { token: operator, body: { alertAbove: 0 } });
  assert.deepEqual(limited.json, { ...made.json, alertAbove: 0 });
  const patched = await api.call('PATCH', path, { token: operator, body: { query: 'device:core* failed' } });
  assert.deepEqual(patched.json, { ...limited.json, query: 'device:core* failed' });
  const unlimited = await api.call('PATCH', path, { token: operator, body: { alertAbove: null } });
  assert.deepEqual(unlimited.json, { ...patched.json, alertAbove: null });
  assert.equal((await api.call('PATCH', path, { token: operator, body: { query: '"' } })).status, 400);

  const viewer = await api.tokenFor('viewer');
  assert.deepEqual((await api.call('GET', '/log-queries', { token: viewer })).json.items, [unlimited.json]);
  const scoped = await api.tokenFor('operator', { sites: ['north'] });
  for (const token of [viewer, scoped]) {
    assert.equal((await api.call('POST', '/log-queries', { token, body: { name: 'y', query: 'y' } })).status, 403);
    assert.equal((await api.call('PATCH', path, { token, body: { name: 'y' } })).status, 403);
    assert.equal((await api.call('DELETE', path, { token })).status, 403);
  }
  assert.equal((await api.call('DELETE', path, { token: operator })).status, 204);
  assert.equal((await api.call('DELETE', path, { token: operator })).status, 404);
  const audit = await api.call('GET', '/audit', { token: await api.tokenFor('admin') });
  const actions = audit.json.items.map(({ action }: { action: string }) => action);
  for (const action of ['log-query.create', 'log-query.update', 'log-query.remove'])
    assert.ok(actions.includes(action));
});
