import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

describe('devices', () => {
  let api: TestApi;
  let token: string;
  let credential: string;
  const post = (path: string, body?: object) => api.call('POST', path, { token, body });
  before(async () => {
    api = await openTestApi();
    token = await api.tokenFor('operator');
    const made = await post('/credentials', {
      name: 'public',
      kind: 'snmp-v2c',
      secret: { community: 'c4nary-secret' },
    });
    credential = made.json.id;
  });
  after(() => api.close());

  test('collectors left out are icmp, and snmp where an SNMP credential is given', async () => {
    const plain = await post('/devices', { address: '10.0.0.1' });
    assert.equal(plain.status, 201);
    assert.equal(plain.headers.location, `/api/v1/devices/${plain.json.id}`);
    const names = (device: { collectors: { name: string }[] }) => device.collectors.map(({ name }) => name);
    assert.deepEqual(names(plain.json), ['icmp']);
    assert.equal(plain.json.name, '10.0.0.1');
    assert.equal(plain.json.status, 'unknown');
    const managed = await post('/devices', { address: '10.0.0.2', credentials: [credential] });
    assert.deepEqual(names(managed.json), ['icmp', 'snmp']);
    assert.deepEqual(managed.json.collectors[1].settings, { port: 161 });
    const patched = await api.call('PATCH', `/devices/${plain.json.id}`, {
      token,
      body: { credentials: [credential] },
    });
    assert.deepEqual(names(patched.json), ['icmp', 'snmp']);
  });

  test('what is wrong is named by its field', async () => {
    const cases: [object, string][] = [
      [{}, 'address'],
      [{ address: 'http://10.0.0.1/' }, 'address'],
      [{ address: '10.0.0.1; reboot' }, 'address'],
      [{ address: '-oProxyCommand=x' }, 'address'],
      [{ address: '10.1.0.1', bogus: true }, 'bogus'],
      [{ address: '10.1.0.1', id: '7' }, 'id'],
      [{ address: '10.1.0.1', status: 'up' }, 'status'],
      [{ address: '10.1.0.1', credentials: ['987654'] }, 'credentials[0]'],
      [{ address: '10.1.0.1', credentials: ['x'] }, 'credentials[0]'],
      [{ address: '10.1.0.1', parents: ['987654'] }, 'parents[0]'],
      [{ address: '10.1.0.1', collectors: [{ name: 'nope' }] }, 'collectors[0].name'],
      [{ address: '10.1.0.1', collectors: [{ name: 'icmp' }, { name: 'icmp' }] }, 'collectors[1].name'],
      [{ address: '10.1.0.1', collectors: [{ name: 'icmp', settings: { count: 0 } }] }, 'collectors[0].settings.count'],
      [{ address: '10.1.0.1', collectors: [{ name: 'icmp', settings: { x: 1 } }] }, 'collectors[0].settings'],
      [{ address: '10.1.0.1', collectors: [{ name: 'icmp', intervalSeconds: 0 }] }, 'collectors[0].intervalSeconds'],
      [{ address: '10.1.0.1', collectors: [{ name: 'snmp' }] }, 'credentials'],
    ];
    for (const [body, path] of cases) {
      const answer = await post('/devices', body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.equal(answer.json.error.code, 'validation_failed');
      assert.equal(answer.json.error.details.fields[0].path, path, answer.text);
    }
    assert.equal((await api.call('GET', '/devices?search=10.1.0.1', { token })).json.items.length, 0);
  });

  test('a device is the same however its address is spelt, and the duplicate names it', async () => {
    const first = (await post('/devices', { address: '2001:db8::1', name: 'core' })).json;
    for (const address of ['2001:0DB8:0:0:0:0:0:1', '2001:db8::0:1']) {
      const answer = await post('/devices', { address });
      assert.deepEqual([answer.status, answer.json.error.code], [409, 'duplicate_device']);
      assert.equal(answer.json.error.details.deviceId, first.id);
      assert.match(answer.json.error.message, /core/);
    }
    await post('/devices', { address: 'Switch.Example' });
    assert.equal((await post('/devices', { address: 'switch.example' })).status, 409);
    await post('/devices', { address: '10.0.3.1' });
    assert.equal((await post('/devices', { address: '::ffff:10.0.3.1' })).status, 409);
    const other = {
      address: '10.0.3.1',
      credentials: [credential],
      collectors: [{ name: 'snmp', settings: { port: 1161 } }],
    };
    assert.equal((await post('/devices', other)).status, 201);
    const racing = await Promise.all([1, 2, 3, 4].map(() => post('/devices', { address: '10.0.3.9' })));
    assert.deepEqual(racing.map(({ status }) => status).toSorted(), [201, 409, 409, 409]);
    for (const { status, json } of racing) if (status === 409) assert.ok(json.error.details.deviceId);
  });

  test('a change is audited with before and after, published, and a removal takes the series along', async () => {
    const news: { deviceId?: unknown }[] = [];
    await api.bus.subscribe('device-changed', (message) => news.push(message as { deviceId?: unknown }));
    const { id } = (await post('/devices', { address: '10.0.4.1', site: 'a' })).json;
    // News of the tests before may still be on their way.
    const ofThis = () => news.filter(({ deviceId }) => deviceId === Number(id)).length;
    await api.call('PATCH', `/devices/${id}`, { token, body: { site: 'b', tags: ['x', 'x'] } });
    assert.equal((await api.call('DELETE', `/devices/${id}`, { token })).status, 204);
    assert.equal((await api.call('GET', `/devices/${id}`, { token })).status, 404);
    assert.deepEqual(api.metrics.removed, [Number(id)]);
    await api.bus.flush();
    const admin = await api.tokenFor('admin');
    const audit = await api.call('GET', `/audit?subject=device/${id}`, { token: admin });
    const [removed, updated, created] = audit.json.items;
    assert.deepEqual(
      [created.action, updated.action, removed.action],
      ['device.create', 'device.update', 'device.remove'],
    );
    assert.deepEqual(updated.details.changes, {
      site: { before: 'a', after: 'b' },
      tags: { before: [], after: ['x'] },
    });
    assert.equal(updated.via, 'token');
    assert.equal(updated.from, '127.0.0.1');
    for (let wait = 0; wait < 500 && ofThis() < 3; wait++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(ofThis(), 3);
  });

  test('a device cannot be behind itself', async () => {
    const a = (await post('/devices', { address: '10.0.5.1' })).json.id;
    const b = (await post('/devices', { address: '10.0.5.2', parents: [a] })).json.id;
    const loop = await api.call('PATCH', `/devices/${a}`, { token, body: { parents: [b] } });
    assert.equal(loop.json.error.details.fields[0].path, 'parents');
  });

  test('a poll now is a task that can be watched', async () => {
    const { id } = (await post('/devices', { address: '10.0.6.1' })).json;
    const poll = await post(`/devices/${id}/poll`);
    assert.equal(poll.status, 202);
    const task = await api.call('GET', `/tasks/${poll.json.taskId}`, { token });
    assert.deepEqual([task.json.kind, task.json.state, task.json.progress], ['device.poll', 'waiting', 0]);
    assert.equal(api.polls.at(-1)?.deviceId, Number(id));
    assert.equal((await api.call('GET', '/tasks/nope', { token })).status, 404);
    await api.call('PATCH', `/devices/${id}`, { token, body: { disabled: true } });
    assert.equal((await post(`/devices/${id}/poll`)).json.error.code, 'conflict');
  });

  test('secrets go in and never come out', async () => {
    const used = await api.call('DELETE', `/credentials/${credential}`, { token });
    assert.equal(used.json.error.code, 'conflict');
    await api.call('PATCH', `/credentials/${credential}`, { token, body: { secret: { community: 'c4nary-second' } } });
    const wrong = await api.call('PATCH', `/credentials/${credential}`, { token, body: { secret: { community: '' } } });
    assert.equal(wrong.json.error.details.fields[0].path, 'secret.community');
    const admin = await api.tokenFor('admin');
    for (const path of ['/credentials', `/credentials/${credential}`, '/audit?limit=1000', '/devices']) {
      assert.ok(!(await api.call('GET', path, { token: admin })).text.includes('c4nary'), path);
    }
    const unknown = await post('/credentials', {
      name: 'x',
      kind: 'snmp-v2c',
      secret: { community: 'c4nary-x', more: 1 },
    });
    assert.equal(unknown.status, 400);
    assert.ok(!unknown.text.includes('c4nary'));
    const v3 = { username: 'u', securityLevel: 'authPriv', authProtocol: 'SHA', authKey: '12345678' };
    const half = await post('/credentials', { name: 'v3', kind: 'snmp-v3', secret: v3 });
    assert.match(half.json.error.message, /authPriv needs privProtocol and privKey/);
    const { rows } = await api.pg.query<{ all: string }>(
      `select coalesce(string_agg(t::text, ''), '') as all from secret t`,
    );
    assert.ok(!rows[0]?.all.includes('c4nary'));
  });
});

describe('trying a device before it is added', () => {
  let api: TestApi;
  let token: string;
  before(async () => {
    api = await openTestApi();
    token = await api.tokenFor('operator');
  });
  after(() => api.close());
  const attempt = (body: object) => api.call('POST', '/devices/test', { token, body });

  test('says what answered and by which credential, and stores nothing', async () => {
    api.checks.answer = (name, port) => [
      {
        ok: true,
        credentialId: name === 'snmp' ? 'typed in' : null,
        code: null,
        message: `${name} ${port}`,
        durationMs: 5,
      },
    ];
    const credentialTyped = { kind: 'snmp-v2c', secret: { community: 'x' } };
    const answer = await attempt({ address: '127.0.0.1', port: 1161, credential: credentialTyped });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.resolved, '127.0.0.1');
    const seen = answer.json.checks.map((one: Record<string, unknown>) => [
      one['collector'],
      one['message'],
      one['credentialId'],
    ]);
    assert.deepEqual(seen, [
      ['icmp', 'icmp undefined', null],
      ['snmp', 'snmp 1161', null],
    ]);
    assert.equal((await api.call('GET', '/credentials', { token })).json.items.length, 0);
    assert.equal((await api.call('GET', '/devices', { token })).json.items.length, 0);
  });

  test('a name that does not resolve, and a collector that fails, are answers and not errors', async () => {
    const unknown = await attempt({ address: 'no-such-host.invalid' });
    assert.equal(unknown.json.resolved, null);
    assert.equal(unknown.json.checks[0].code, 'address_unresolvable');
    api.checks.answer = () => {
      throw new Error('boom');
    };
    const failed = await attempt({ address: '127.0.0.1' });
    assert.deepEqual([failed.status, failed.json.checks[0].ok, failed.json.checks[0].code], [200, false, 'internal']);
  });
});
