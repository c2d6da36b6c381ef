import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

describe('credentials', () => {
  let api: TestApi;
  let token: string;
  before(async () => {
    api = await openTestApi();
    token = await api.tokenFor('operator');
  });
  after(() => api.close());

  async function add(path: string, body: object): Promise<Record<string, never> & { id: string }> {
    const answer = await api.call('POST', path, { token, body });
    assert.equal(answer.status, 201, answer.text);
    return answer.json;
  }
  const community = (name: string) => add('/credentials', { name, kind: 'snmp-v2c', secret: { community: name } });
  const answered = (deviceId: string, credentialId: string, version: number, at: number) =>
    api.stores.answers.note([
      { deviceId: Number(deviceId), credentialId: Number(credentialId), collector: 'snmp', version, at },
    ]);

  test('a set gives credentials to the devices that it covers, after their own and in its order', async () => {
    const [own, first, second] = [await community('own'), await community('first'), await community('second')];
    const set = await add('/credential-sets', {
      name: 'Bern',
      sites: ['Bern'],
      subnets: ['10.1.2.3/16'],
      credentials: [second.id, first.id, own.id],
    });
    assert.deepEqual(set['subnets'], ['10.1.0.0/16']);
    const inside = await add('/devices', { address: '10.1.9.9', site: 'Bern' });
    const outside = await add('/devices', { address: '10.2.9.9', site: 'Bern' });
    const both = await add('/devices', { address: '10.1.9.8', site: 'Bern', credentials: [own.id] });
    const names = (device: { collectors: { name: string }[] }) => device.collectors.map(({ name }) => name);
    assert.deepEqual(names(inside as never), ['icmp', 'snmp'], 'a set that covers a device brings SNMP along');
    assert.deepEqual(names(outside as never), ['icmp']);
    await answered(both.id, first.id, 1, 1_000_000);
    const { json } = await api.call('GET', `/devices/${both.id}/credentials`, { token });
    assert.deepEqual(
      json.items.map(({ name, set: from, answeredWith, inUse }: Record<string, unknown>) => [
        name,
        from,
        answeredWith,
        inUse,
      ]),
      [
        ['own', null, null, false],
        ['second', 'Bern', null, false],
        ['first', 'Bern', 'current', true],
      ],
    );
    const busy = await api.call('DELETE', `/credentials/${second.id}`, { token });
    assert.equal(busy.status, 409);
    for (const wrong of [{ subnets: ['10.0.0.0/40'] }, { credentials: ['999'] }, { credentials: [] }]) {
      const refused = await api.call('PATCH', `/credential-sets/${set.id}`, { token, body: wrong });
      assert.equal(refused.status, 400, refused.text);
    }
    assert.equal((await api.call('DELETE', `/credential-sets/${set.id}`, { token })).status, 204);
  });

  test('a rotation ends when every device that answers to the credential has answered to the new secret', async () => {
    const credential = await community('rotated');
    const other = await community('other');
    const devices = [];
    for (const n of [1, 2, 3]) {
      devices.push(await add('/devices', { address: `10.7.0.${n}`, credentials: [credential.id, other.id] }));
    }
    const [a, b, c] = devices;
    assert.ok(a && b && c);
    await answered(a.id, credential.id, 1, 1_000);
    await answered(b.id, credential.id, 1, 1_000);
    await answered(c.id, credential.id, 1, 1_000);
    // It has gone over to another credential since: nobody waits for it.
    await answered(c.id, other.id, 1, 2_000);
    const path = `/credentials/${credential.id}/next`;
    const bad = await api.call('PUT', path, { token, body: { secret: { user: 'x' } } });
    assert.equal(bad.status, 400, bad.text);
    const begun = await api.call('PUT', path, { token, body: { secret: { community: 'newer' } } });
    assert.deepEqual([begun.json.rotation.devices, begun.json.rotation.answered], [2, 0]);
    await answered(a.id, credential.id, 2, 3_000);
    const early = await api.call('POST', `${path}/finish`, { token, body: {} });
    assert.equal(early.status, 409);
    assert.match(early.json.error.message, /1 of 2 devices have not answered/);
    const users = (await api.call('GET', `/credentials/${credential.id}/devices`, { token })).json.items;
    assert.deepEqual(
      users.map((user: { answeredWith: string }) => user.answeredWith),
      ['next', 'current', 'current'],
    );
    // An answer from before that comes late changes nothing.
    await answered(a.id, credential.id, 1, 2_500);
    await answered(b.id, credential.id, 2, 3_000);
    const ended = await api.call('POST', `${path}/finish`, { token, body: {} });
    assert.deepEqual([ended.status, ended.json.rotation], [200, null]);
    const { rows } = await api.pg.query<{ key: string }>(`select key from secret where key like $1`, [
      `credential/${credential.id}%`,
    ]);
    assert.deepEqual(rows, [{ key: `credential/${credential.id}/2` }], 'the old secret is gone');
    assert.equal((await api.call('POST', `${path}/finish`, { token, body: {} })).status, 409);
  });

  test('whoever sees only some sites keeps sets for those alone, and is told of the devices there', async () => {
    const credential = await community('scoped');
    const scoped = await api.tokenFor('operator', { sites: ['Chur'] });
    const body = (sites?: string[]) => ({ name: `s ${sites}`, credentials: [credential.id], ...(sites && { sites }) });
    const call = (sites?: string[]) => api.call('POST', '/credential-sets', { token: scoped, body: body(sites) });
    assert.equal((await call()).status, 403);
    assert.equal((await call(['Chur', 'Bern'])).status, 403);
    assert.equal((await call(['Chur'])).status, 201);
    const order = await api.call('PUT', '/credential-sets/order', { token: scoped, body: { ids: [] } });
    assert.equal(order.status, 403);
    await add('/devices', { address: '10.8.0.1', site: 'Chur', credentials: [credential.id] });
    const hidden = await add('/devices', { address: '10.8.0.2', site: 'Bern', credentials: [credential.id] });
    const seen = await api.call('GET', `/credentials/${credential.id}/devices`, { token: scoped });
    assert.deepEqual(
      seen.json.items.map((user: { site: string }) => user.site),
      ['Chur'],
    );
    assert.equal((await api.call('GET', `/devices/${hidden.id}/credentials`, { token: scoped })).status, 404);
  });
});
