import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressKey, nameKey } from './sort-keys.ts';

test('names sort with their numbers as numbers', () => {
  const names = ['SW10', 'sw2', 'sw1', 'ap', 'sw2-b'];
  assert.deepEqual(
    names.toSorted((a, b) => (nameKey(a) < nameKey(b) ? -1 : 1)),
    ['ap', 'sw1', 'sw2', 'sw2-b', 'SW10'],
  );
});

test('addresses sort: IPv4 numerically, then IPv6, then names', () => {
  const sorted = ['9.0.0.1', '10.0.0.2', '10.0.0.10', '::1', 'fe80::1', 'fe80::1%eth0', 'router2', 'router10'];
  const shuffled = sorted.toReversed();
  assert.deepEqual(
    shuffled.toSorted((a, b) => (addressKey(a) < addressKey(b) ? -1 : 1)),
    sorted,
  );
});

test('every spelling of an IPv6 address has one key', () => {
  assert.equal(addressKey('2001:DB8::1'), addressKey('2001:0db8:0:0:0:0:0:1'));
  assert.equal(addressKey('::ffff:10.0.0.1'), addressKey('::ffff:a00:1'));
});

test('IPv4 keys order as the numbers do', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), (a, b) => {
      const number = (ip: string) => ip.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
      assert.equal(
        Math.sign(number(a) - number(b)),
        addressKey(a) < addressKey(b) ? -1 : addressKey(a) > addressKey(b) ? 1 : 0,
      );
    }),
  );
});
