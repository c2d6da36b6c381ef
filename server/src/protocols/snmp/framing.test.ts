import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_MESSAGE_OCTETS, MessageFramer } from './framing.ts';

const message = fc.tuple(fc.nat({ max: 700 }), fc.constantFrom(0, 1, 2, 4)).map(([length, longForm]) => {
  const content = Buffer.alloc(length, 0x30);
  if (longForm === 0 && length < 0x80) return Buffer.concat([Buffer.from([0x30, length]), content]);
  const octets = Math.max(longForm, 2);
  const header = Buffer.alloc(2 + octets);
  header.set([0x30, 0x80 | octets]);
  header.writeUIntBE(length, 2, octets);
  return Buffer.concat([header, content]);
});

test('messages come out as they were sent, however the stream cuts them', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat({ max: 900 })), (messages, sizes) => {
      const framer = new MessageFramer();
      let rest = Buffer.concat(messages);
      const came: Buffer[] = [];
      for (const size of [...sizes, rest.length]) {
        came.push(...framer.push(rest.subarray(0, size)).map((one) => Buffer.from(one)));
        rest = rest.subarray(size);
      }
      assert.deepEqual(came, messages);
      assert.equal(framer.bad, false);
    }),
  );
});

test('octet by octet is enough, and a prefix gives nothing', () => {
  const framer = new MessageFramer();
  const whole = Buffer.from('308203e8', 'hex');
  for (const octet of whole) assert.deepEqual(framer.push(Buffer.from([octet])), []);
  assert.deepEqual(framer.push(Buffer.alloc(999)), []);
  assert.equal(framer.push(Buffer.alloc(1))[0]?.length, 1004);
});

const hopeless: readonly [string, string][] = [
  ['what is no sequence', '02010130'],
  ['the indefinite form', '308002010100'],
  ['a length of five octets', '30850000000001'],
  ['a message longer than any', `3084${(MAX_MESSAGE_OCTETS + 1).toString(16).padStart(8, '0')}`],
];
for (const [what, hex] of hopeless) {
  test(`${what} ends the stream, and what came before it counts`, () => {
    const framer = new MessageFramer();
    const good = Buffer.from('3003020101', 'hex');
    assert.deepEqual(framer.push(Buffer.concat([good, Buffer.from(hex, 'hex')])), [good]);
    assert.equal(framer.bad, true);
  });
}
