import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { endpointOf, normalAddress } from './endpoint.ts';

test('one address has one normal form, however it is spelt', () => {
  const cases: [string, string][] = [
    ['10.1.2.3', '10.1.2.3'],
    [' 10.1.2.3 ', '10.1.2.3'],
    ['10.1.515', '10.1.2.3'],
    ['0x0a.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['Core-SW.Example.ORG', 'core-sw.example.org'],
    ['core-sw.example.org.', 'core-sw.example.org'],
  ];
  for (const [given, normal] of cases) assert.equal(normalAddress(given), normal, given);
});

test('normalising twice changes nothing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), fc.domain(), fc.string()), (address) => {
      const once = normalAddress(address);
      assert.equal(normalAddress(once).replace(/\.$/, ''), once.replace(/\.$/, ''));
    }),
  );
});

test('an endpoint tells ports apart and cannot be confused with an address', () => {
  assert.equal(endpointOf('10.1.2.3', 161), '10.1.2.3:161');
  assert.equal(endpointOf('2001:db8::1', 1161), '[2001:db8::1]:1161');
});
