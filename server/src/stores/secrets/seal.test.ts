import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seal, unseal } from './seal.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((a) => Buffer.from(a));
const text = fc.string({ unit: 'grapheme' });

test('what was sealed opens with the same key and name', () => {
  fc.assert(
    fc.property(bytes(32), bytes(12), text, text, (key, nonce, name, secret) => {
      assert.equal(unseal(key, name, seal(key, name, secret, nonce)), secret);
    }),
  );
});

test('another key, another name or any changed bit does not open', () => {
  fc.assert(
    fc.property(bytes(32), bytes(12), text, fc.nat(), (key, nonce, secret, at) => {
      const sealed = seal(key, 'a', secret, nonce);
      assert.throws(() => unseal(key, 'b', sealed));
      const other = Buffer.from(key);
      other[at % 32] = (other[at % 32] ?? 0) ^ 1;
      assert.throws(() => unseal(other, 'a', sealed));
      sealed[at % sealed.length] = (sealed[at % sealed.length] ?? 0) ^ 0x10;
      assert.throws(() => unseal(key, 'a', sealed));
      assert.throws(() => unseal(key, 'a', sealed.subarray(0, at % sealed.length)));
    }),
  );
});
