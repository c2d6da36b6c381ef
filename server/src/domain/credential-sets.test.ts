import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { candidatesOf, covers, normalSubnet } from './credential-sets.ts';

test('a subnet has one form, and what is none is refused', () => {
  assert.equal(normalSubnet('10.1.2.3/16'), '10.1.0.0/16');
  assert.equal(normalSubnet(' 10.1.2.3 '), '10.1.2.3/32');
  assert.equal(normalSubnet('2001:DB8::1/32'), '2001:db8::/32');
  assert.equal(normalSubnet('0.0.0.0/0'), '0.0.0.0/0');
  for (const bad of ['', '10.0.0.0/33', '10.0.0.0/8/9', 'lan', '::/129', '10.0.0.0/-1', '10.0.0.0/1e1']) {
    assert.equal(normalSubnet(bad), undefined, bad);
  }
});

test('a set covers devices of its sites and its subnets, and one without either covers all', () => {
  const place = { site: 'Bern', address: '10.1.2.3' };
  assert.ok(covers({ sites: [], subnets: [] }, place));
  assert.ok(covers({ sites: ['Bern'], subnets: ['10.1.0.0/16', '::/0'] }, place));
  assert.ok(!covers({ sites: ['Basel'], subnets: ['10.1.0.0/16'] }, place));
  assert.ok(!covers({ sites: ['Bern'], subnets: ['10.2.0.0/16'] }, place));
  assert.ok(!covers({ sites: ['Bern'], subnets: [] }, { ...place, site: null }));
  assert.ok(!covers({ sites: [], subnets: ['0.0.0.0/0'] }, { ...place, address: 'sw-1.example' }));
  assert.ok(covers({ sites: [], subnets: ['fe80::/10'] }, { ...place, address: 'fe80::1%eth0' }));
});

test('an address is in the subnet that is made of itself, whatever the length', () => {
  const v4 = fc.ipV4();
  fc.assert(
    fc.property(v4, fc.integer({ min: 0, max: 32 }), (address, length) => {
      const subnet = normalSubnet(`${address}/${length}`);
      assert.ok(subnet !== undefined && covers({ sites: [], subnets: [subnet] }, { site: null, address }));
    }),
  );
});

test("a device's own credentials come first, then those of the sets in their order, each once", () => {
  const all = { sites: [], subnets: [] };
  const sets = [
    { ...all, name: 'first', credentialIds: [3, 1] },
    { ...all, name: 'elsewhere', sites: ['x'], credentialIds: [9] },
    { ...all, name: 'last', credentialIds: [3, 4] },
  ];
  const found = candidatesOf([2, 1], sets, { site: null, address: '10.0.0.1' });
  assert.deepEqual(
    found.map(({ credentialId, set }) => [credentialId, set?.name]),
    [
      [2, undefined],
      [1, undefined],
      [3, 'first'],
      [4, 'last'],
    ],
  );
});
