import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { BUILT_IN_ROLES, PERMISSIONS } from '@sotp/contract/access.ts';
import type { RoleName } from '@sotp/contract/access.ts';
import { ROLE_PERMISSIONS } from '#domain/permissions.ts';
import { addedRoutes } from './route.ts';
import { openTestApi } from './testing.ts';
import type { TestApi } from './testing.ts';

describe('who may call what', () => {
  let api: TestApi;
  const tokens = new Map<RoleName, string>();
  before(async () => {
    api = await openTestApi();
    for (const role of BUILT_IN_ROLES) tokens.set(role, await api.tokenFor(role));
  });
  after(() => api.close());

  test('every route below /api/v1 has an access rule, and the public ones are these', () => {
    const routes = addedRoutes(api.app).filter(({ url }) => url.startsWith('/api/v1'));
    assert.ok(routes.length > 40, `only ${routes.length} routes were walked`);
    const rules = new Set<string>(['public', 'signed-in', ...PERMISSIONS]);
    for (const { method, url, access } of routes) assert.ok(rules.has(access ?? ''), `${method} ${url}: ${access}`);
    const open = routes.filter(
      ({ access, method, url }) => access === 'public' && method !== 'HEAD' && url !== '/api/v1/*',
    );
    assert.deepEqual(open.map(({ method, url }) => `${method} ${url}`).toSorted(), [
      'GET /api/v1/auth/setup',
      'GET /api/v1/docs',
      'GET /api/v1/docs/',
      'GET /api/v1/docs/js/scalar.js',
      'GET /api/v1/openapi.json',
      'POST /api/v1/auth/login',
      'POST /api/v1/auth/logout',
      'POST /api/v1/auth/setup',
    ]);
  });

  test('a role gets past the door exactly where its permissions say, on every route and method', async () => {
    let asked = 0;
    for (const { method, url, access } of addedRoutes(api.app)) {
      if (!url.startsWith('/api/v1') || url.endsWith('/stream') || access === 'public' || access === undefined)
        continue;
      const path = url.slice('/api/v1'.length).replaceAll(/:\w+/g, '987654');
      const anonymous = await api.call(method, path);
      assert.equal(anonymous.status, 401, `${method} ${url} without sign-in`);
      for (const role of BUILT_IN_ROLES) {
        asked += 1;
        const answer = await api.call(method, path, { token: tokens.get(role)! });
        const may: boolean = access === 'signed-in' || ROLE_PERMISSIONS[role].includes(access);
        assert.equal(answer.status === 403, !may, `${method} ${url} as ${role}: ${answer.status} ${answer.text}`);
        assert.notEqual(answer.status, 401);
        assert.ok(answer.status < 500, `${method} ${url} as ${role}: ${answer.status} ${answer.text}`);
      }
    }
    assert.ok(asked > 100);
  });

  test('a bearer token that is not ours opens nothing', async () => {
    for (const token of ['sotp_wrong', 'x', `sotp_${'A'.repeat(43)}`, 'sotp_' + 'x'.repeat(5_000)]) {
      assert.equal((await api.call('GET', '/devices', { token })).status, 401);
    }
  });
});

describe('sites', () => {
  let api: TestApi;
  let admin: string;
  let north: string;
  let own: string;
  let foreign: string;
  before(async () => {
    api = await openTestApi();
    admin = await api.tokenFor('admin');
    north = await api.tokenFor('operator', { sites: ['north'] });
    const add = async (address: string, site: string) =>
      (await api.call('POST', '/devices', { token: admin, body: { address, site } })).json.id as string;
    own = await add('10.1.0.1', 'north');
    foreign = await add('10.2.0.1', 'south');
    for (const [id, deviceId] of [own, foreign].entries()) {
      const series = { metric: 'm', labels: {}, unit: null, kind: 'gauge' as const };
      api.metrics.catalogue.push({ id: id + 1, deviceId: Number(deviceId), ...series });
    }
  });
  after(() => api.close());

  test('a foreign device answers as one that does not exist, by every route', async () => {
    const routes = addedRoutes(api.app).filter(({ url }) => url.startsWith('/api/v1/devices/:id'));
    assert.ok(routes.length >= 5);
    for (const { method, url } of routes) {
      const path = (id: string) => url.slice('/api/v1'.length).replace(':id', id);
      const body = method === 'PATCH' ? { name: 'taken' } : undefined;
      const there = await api.call(method, path(foreign), { token: north, body });
      const missing = await api.call(method, path('987654'), { token: north, body });
      assert.deepEqual([there.status, there.text], [missing.status, missing.text], `${method} ${url}`);
      assert.equal(there.status, 404);
    }
    for (const path of [`/metrics/latest?device=${foreign}`, `/metrics/series?device=${foreign}`]) {
      assert.equal((await api.call('GET', path, { token: north })).status, 404);
    }
    assert.equal((await api.call('GET', `/metrics/query?metric=m&device=${foreign}`, { token: north })).status, 404);
    assert.equal((await api.call('GET', `/devices/${foreign}`, { token: admin })).json.name, '10.2.0.1');
  });

  test('lists, sums, series and queries hold only what is in the scope', async () => {
    const list = await api.call('GET', '/devices?search=10.', { token: north });
    assert.deepEqual(
      list.json.items.map(({ id }: { id: string }) => id),
      [own],
    );
    assert.equal((await api.call('GET', '/devices?site=south', { token: north })).json.items.length, 0);
    assert.equal((await api.call('GET', '/devices/summary', { token: north })).json.total, 1);
    const series = await api.call('GET', '/metrics/series', { token: north });
    assert.deepEqual(
      series.json.items.map(({ deviceId }: { deviceId: string }) => deviceId),
      [own],
    );
    const points = await api.call('GET', '/metrics/query?metric=m', { token: north });
    assert.deepEqual(
      points.json.series.map(({ deviceId }: { deviceId: string }) => deviceId),
      [own],
    );
  });

  test('an administrator of some sites sees neither users nor the audit trail', async () => {
    const token = await api.tokenFor('admin', { sites: ['north'] });
    for (const path of ['/users', '/audit']) assert.equal((await api.call('GET', path, { token })).status, 403, path);
    const me = await api.call('GET', '/auth/me', { token });
    assert.ok(!me.json.permissions.includes('users:write'));
    assert.ok(me.json.permissions.includes('devices:write'));
  });

  test('nothing is put or moved outside of the scope, and a duplicate there stays unnamed', async () => {
    const outside = { address: '10.3.0.1', site: 'south' };
    assert.equal((await api.call('POST', '/devices', { token: north, body: outside })).status, 403);
    assert.equal((await api.call('POST', '/devices', { token: north, body: { address: '10.3.0.1' } })).status, 403);
    assert.equal((await api.call('PATCH', `/devices/${own}`, { token: north, body: { site: 'south' } })).status, 403);
    assert.equal((await api.call('PATCH', `/devices/${own}`, { token: north, body: { site: null } })).status, 403);
    const parent = await api.call('PATCH', `/devices/${own}`, { token: north, body: { parents: [foreign] } });
    assert.equal(parent.status, 400);
    const twin = { address: '10.2.0.1', site: 'north' };
    const duplicate = await api.call('POST', '/devices', { token: north, body: twin });
    assert.equal(duplicate.json.error.code, 'duplicate_device');
    assert.equal(duplicate.json.error.details, undefined);
    const rows = [{ address: '10.2.0.1', site: 'north', name: 'mine now' }];
    const imported = await api.call('POST', '/devices/import', { token: north, body: rows });
    assert.equal(imported.json.updated, 0);
    assert.equal(imported.json.errors.length, 1);
  });

  test('a token is never stronger than its owner, nor reaches further, nor outlives his role', async () => {
    const user = await api.call('POST', '/users', {
      token: admin,
      body: { username: 'erna', role: 'operator', scope: { sites: ['north'] }, password: 'a long password' },
    });
    const login = await api.call('POST', '/auth/login', { body: { username: 'erna', password: 'a long password' } });
    const cookie = String(login.headers['set-cookie']).split(';')[0]!;
    const headers = { cookie, origin: 'http://localhost:80' };
    assert.equal((await api.call('POST', '/tokens', { headers, body: { name: 't', role: 'admin' } })).status, 403);
    const { token } = (await api.call('POST', '/tokens', { headers, body: { name: 't', role: 'operator' } })).json;
    assert.equal((await api.call('GET', '/devices', { token })).json.items.length, 1);
    const id = user.json.id;
    await api.call('PATCH', `/users/${id}`, { token: admin, body: { role: 'viewer' } });
    assert.equal((await api.call('POST', '/devices', { token, body: { address: 'x', site: 'north' } })).status, 403);
    await api.call('PATCH', `/users/${id}`, { token: admin, body: { disabled: true } });
    assert.equal((await api.call('GET', '/devices', { token })).status, 401);
  });
});
