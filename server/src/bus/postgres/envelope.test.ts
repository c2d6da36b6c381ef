import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packMessages, unpackMessages } from './envelope.ts';

const message = fc.record({
  topic: fc.constantFrom('samples/1', 'samples/2', 'devices', 'Odd Töpic!'),
  body: fc.oneof(fc.jsonValue(), fc.string({ minLength: 3_000, maxLength: 12_000, unit: 'grapheme' })),
});

test('messages come out as they went in, in order, and small envelopes fit a notification', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
      const packed = packMessages(messages.map((m) => ({ topic: m.topic, json: JSON.stringify(m.body) })));
      for (const envelope of packed) {
        if (!envelope.large) assert.ok(Buffer.byteLength(envelope.payload) < 8_000);
      }
      const out = packed.flatMap((envelope) => unpackMessages(envelope.payload));
      assert.deepEqual(
        out,
        messages.map((m) => [m.topic, JSON.parse(JSON.stringify(m.body))]),
      );
    }),
  );
});

test('small messages share a notification', () => {
  const messages = Array.from({ length: 300 }, (_, n) => ({ topic: 'devices', json: JSON.stringify({ n }) }));
  assert.equal(packMessages(messages).length, 1);
});

test('what is not ours is no message', () => {
  for (const payload of ['', 'x', '{}', '[1,[2,3]]']) assert.deepEqual(unpackMessages(payload), []);
});
