import assert from 'node:assert/strict';
import { isIPv4 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { ipv4, ipv4Text } from './ipv4.ts';

test('every IPv4 address is its own number, and comes back as it was', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      assert.ok(isIPv4(address));
      assert.equal(ipv4Text(ipv4(address)), address);
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
      assert.equal(ipv4(address) >>> 0, ((a * 256 + b) * 256 + c) * 256 + d);
    }),
  );
});
