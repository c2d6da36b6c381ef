import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

const MIB = 1 << 20;

describe('importing devices', () => {
  let api: TestApi;
  let token: string;
  before(async () => {
    api = await openTestApi();
    token = await api.tokenFor('operator');
    await api.call('POST', '/credentials', {
      token,
      body: { name: 'lab', kind: 'snmp-v2c', secret: { community: 'public' } },
    });
  });
  after(() => api.close());
  const csv = (payload: string, query = '') =>
    api.call('POST', `/devices/import${query}`, { token, payload, headers: { 'content-type': 'text/csv' } });

  test('CSV rows are added, changed or left alone, and each bad line is named', async () => {
    const text = [
      'Address,Name,Site,Tags,Credentials,SNMP Port',
      '10.5.0.1,one,hq,core;edge,lab,',
      '10.5.0.2,two,,,lab,1161',
      'not a host,three,,,,',
      '10.5.0.1,again,,,,',
      '10.5.0.4,four,,,missing,',
      '10.5.0.5,five',
      '"10.5.0.6","si""x, the sixth",,,,',
    ].join('\r\n');
    const dry = await csv(text, '?dryRun=true');
    assert.deepEqual([dry.json.created, dry.json.updated, dry.json.errors.length], [3, 0, 4]);
    assert.equal((await api.call('GET', '/devices', { token })).json.items.length, 0);
    const real = await csv(text);
    assert.equal(real.json.created, 3);
    assert.deepEqual(
      real.json.errors.map(({ line }: { line: number }) => line),
      [4, 5, 6, 7],
    );
    assert.match(real.json.errors[1].message, /line 2/);
    assert.match(real.json.errors[2].message, /missing/);
    const devices = (await api.call('GET', '/devices?sort=address', { token })).json.items;
    assert.deepEqual(
      devices.map((device: { name: string; tags: string[] }) => [device.name, device.tags]),
      [
        ['one', ['core', 'edge']],
        ['two', []],
        ['si"x, the sixth', []],
      ],
    );
    const again = await csv(text);
    assert.deepEqual([again.json.created, again.json.updated, again.json.unchanged], [0, 0, 3]);
    const changed = await csv('\ufeffaddress;name\n10.5.0.1;renamed\n');
    assert.deepEqual([changed.json.updated, changed.json.errors], [1, []]);
  });

  test('JSON rows are the same as single devices', async () => {
    const rows = [{ address: '10.6.0.1' }, { address: '10.6.0.2', bogus: 1 }, null, { address: '10.6.0.1' }];
    const answer = await api.call('POST', '/devices/import', { token, body: rows });
    assert.equal(answer.json.created, 1);
    assert.deepEqual(
      answer.json.errors.map(({ line }: { line: number }) => line),
      [2, 3, 4],
    );
  });

  test('more rows than one transaction takes arrive whole, in their order, each with its entry in the audit trail', async () => {
    const rows = Array.from({ length: 1_201 }, (_, i) => `10.7.${i >> 8}.${i & 255},n${i},lab`);
    const answer = await csv(['address,name,credentials', ...rows].join('\n'));
    assert.deepEqual([answer.json.created, answer.json.errors], [1_201, []]);
    const { items } = (await api.call('GET', '/devices?search=10.7.&sort=createdAt&limit=1000', { token })).json;
    assert.deepEqual(
      [items.length, items[0].name, items[999].name, items[999].credentials.length, items[999].status],
      [1_000, 'n0', 'n999', 1, 'unknown'],
    );
    const admin = await api.tokenFor('admin');
    const trail = await api.call('GET', `/audit?subject=device/${items[777].id}`, { token: admin });
    assert.deepEqual(
      [trail.json.items.length, trail.json.items[0].action, trail.json.items[0].details.after.address],
      [1, 'device.create', '10.7.3.9'],
    );
  });

  test('a file that is no CSV of devices is refused with the line', async () => {
    for (const text of ['', 'name\nx\n', 'address,colour\n10.0.0.1,red\n', 'address\n"open quote\n']) {
      const answer = await csv(text);
      assert.deepEqual([answer.status, answer.json.error.code], [400, 'validation_failed'], text);
      assert.match(answer.json.error.message, /line 1|empty|line/i);
    }
  });

  test('ten MiB may be imported, more may not', async () => {
    assert.equal((await csv(`address\n${'#'.repeat(11 * MIB)}`)).json.error.code, 'body_too_large');
    const big = await csv(`address,name\n${'x'.repeat(2 * MIB)}`);
    assert.equal(big.json.error.code, 'validation_failed');
  });
});
