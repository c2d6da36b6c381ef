import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseSocketAddress } from './address.ts';

test('an IPv4 address becomes a sockaddr_in', () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      const address = parseSocketAddress(text);
      assert.equal(address?.family, 4);
      assert.deepEqual([...address.bytes.subarray(4, 8)], text.split('.').map(Number));
      assert.deepEqual([...address.bytes.subarray(0, 4)], [2, 0, 0, 0]);
    }),
  );
});

test('an IPv6 address becomes a sockaddr_in6, a numeric zone its scope', () => {
  const address = parseSocketAddress('fe80::1%3');
  assert.equal(address?.family, 6);
  assert.equal(address.bytes.length, 28);
  assert.deepEqual([...address.bytes.subarray(8, 10)], [0xfe, 0x80]);
  assert.equal(address.bytes[23], 1);
  assert.equal(address.bytes[24], 3);
});

test('an IPv4-mapped address is asked over IPv4', () => {
  assert.equal(parseSocketAddress('::ffff:127.0.0.1')?.family, 4);
});

test('what is no address is null, never a throw', () => {
  for (const text of ['', 'localhost', '127.1', '0x7f000001', '1.2.3.4%1', '1.2.3.256', ':::', '1.2.3.4/8']) {
    assert.equal(parseSocketAddress(text), null, text);
  }
  fc.assert(fc.property(fc.string(), (text) => void parseSocketAddress(text)));
});
