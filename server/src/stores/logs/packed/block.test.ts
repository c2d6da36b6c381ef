import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compileFilter } from '#domain/log-filter.ts';
import type { LogFilter } from '#domain/log-filter.ts';
import { decodeBlock, encodeBlock } from './block.ts';
import type { NumberedLine } from './block.ts';
import { wantedTexts } from './prefilter.ts';

function lineOf(text: string, number: number): NumberedLine {
  const names = { sender: '10.0.0.1', host: 'sw-1', app: '', procId: '', msgId: '', fields: null, parseError: '' };
  const rest = { source: 'syslog' as const, receivedAt: 1_000, at: 1_000, deviceId: 7, facility: 23, severity: 5 };
  return { ...names, ...rest, number, truncated: false, body: 0, raw: Buffer.from(text) };
}
const textFilter = (text: string): LogFilter => ({ kind: 'text', text, wholeStart: false, wholeEnd: false });

test('what a block is not opened for, no line of it matches', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'B', 'b', ' ', 'é', 'K'), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), fc.array(text, { maxLength: 2 }), (texts, asked) => {
      const items = asked.map((one) => textFilter(one.toLowerCase()));
      const filter: LogFilter = { kind: 'and', items: [...items, { kind: 'not', item: textFilter('k') }] };
      const payload = encodeBlock(texts.map(lineOf));
      const matching = (wanted: string[]) =>
        decodeBlock(payload, wanted)
          .filter(compileFilter(filter))
          .map(({ number }) => number);
      assert.deepEqual(matching(wantedTexts(filter)), matching([]));
    }),
    { numRuns: 60 },
  );
});

test('a block that lacks a wanted word is not opened', () => {
  const payload = encodeBlock([lineOf('Link UP', 1), lineOf('link down', 2)]);
  assert.equal(decodeBlock(payload, ['up']).length, 2);
  assert.equal(decodeBlock(payload, ['up', 'flapping']).length, 0);
});
