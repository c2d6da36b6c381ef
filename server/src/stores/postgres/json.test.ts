import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { toJsonb } from './json.ts';

test('what jsonb refuses is replaced, everything else stays as it was', () => {
  assert.equal(toJsonb({ a: 'x\u0000y', b: ['\ud800'] }), '{"a":"x\ufffdy","b":["\ufffd"]}');
  // A backslash followed by u0000 is six harmless characters.
  assert.deepEqual(JSON.parse(toJsonb({ a: String.raw`\u0000` })), { a: String.raw`\u0000` });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const clean = JSON.parse(JSON.stringify(value));
      const text = toJsonb(clean);
      assert.ok(!/(?<!\\)(\\\\)*\\u(0000|d[89ab])/i.test(text.replaceAll(/"[^"]*":/g, '')));
      if (!/\\u0000|\\ud[89a-f]/.test(JSON.stringify(clean))) assert.deepEqual(JSON.parse(text), clean);
    }),
  );
});
