import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compileFilter } from '#domain/log-filter.ts';
import type { LogFilter } from '#domain/log-filter.ts';
import type { NewLine } from '#stores/logs/logs.ts';
import { lineOf } from '#stores/logs/testing.ts';
import { decodeBlock } from './block.ts';
import type { BlockLine } from './block.ts';
import { createBlockWriter } from './block-writer.ts';
import { wantedTexts } from './prefilter.ts';
import { encodeVersionOne } from './testing.ts';

const writer = createBlockWriter(64);

function encode(lines: readonly NewLine[], numbers: readonly number[] = lines.map((_, i) => i)): Buffer {
  writer.clear();
  for (const [i, line] of lines.entries()) writer.add(line, numbers[i]!);
  return writer.encode();
}

function asNew(line: BlockLine): NewLine {
  const { source, receivedAt, at, deviceId, sender, facility, severity, host, app, procId, msgId } = line;
  const { fields, parseError, truncated, body } = line;
  const names = { source, sender, host, app, procId, msgId, parseError, truncated, fields };
  return { ...names, receivedAt, at, deviceId, facility, severity, body, raw: Buffer.from(line.raw) };
}

const anyLine = fc
  .record({
    source: fc.constantFrom('syslog' as const, 'trap' as const),
    receivedAt: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_300_000 }),
    at: fc.oneof(
      fc.constant(Number.NaN),
      fc.integer({ min: 0, max: 4e12 }),
      fc.double({ min: 1.7e12, max: 1.8e12, noNaN: true }),
    ),
    deviceId: fc.nat(),
    sender: fc.constantFrom('192.0.2.1', '192.0.2.2', '::1'),
    facility: fc.nat({ max: 23 }),
    severity: fc.nat({ max: 7 }),
    host: fc.string({ unit: 'binary', maxLength: 5 }),
    procId: fc.string({ maxLength: 5 }),
    msgId: fc.constantFrom('', 'UP'),
    fields: fc.option(
      fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), fc.string({ maxLength: 4 }), { noNullPrototype: true }),
    ),
    parseError: fc.constantFrom('', 'no_pri'),
    truncated: fc.boolean(),
    body: fc.nat({ max: 65_535 }),
    raw: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  })
  .map((more) => lineOf('', more));

test('a block gives back its lines, of both versions', () => {
  const number = fc.integer({ min: 0, max: 2 ** 51 });
  fc.assert(
    fc.property(fc.array(fc.tuple(anyLine, number), { minLength: 1, maxLength: 12 }), (given) => {
      const lines = given.map(([line]) => line);
      const numbers = given.map(([, one]) => one);
      for (const payload of [encode(lines, numbers), encodeVersionOne(lines, numbers)]) {
        const out = decodeBlock(payload);
        assert.deepEqual(out.map(asNew), lines);
        assert.deepEqual(
          out.map((line) => line.number),
          numbers,
        );
      }
    }),
    { numRuns: 150 },
  );
});

const textFilter = (text: string): LogFilter => ({ kind: 'text', text, wholeStart: false, wholeEnd: false });

test('lines that are left out of an opened block do not match', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'B', 'b', ' ', 'é', '\u212a', '\u0130', 'i', 'k'),
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), fc.array(text, { maxLength: 2 }), (texts, asked) => {
      const items = asked.map((one) => textFilter(one.toLowerCase()));
      const filter: LogFilter = { kind: 'and', items: [...items, { kind: 'not', item: textFilter('k') }] };
      const payload = encode(texts.map((one) => lineOf(one)));
      const matching = (wanted: string[]) =>
        decodeBlock(payload, wanted)
          .filter(compileFilter(filter))
          .map(({ number }) => number);
      assert.deepEqual(matching(wantedTexts(filter)), matching([]));
    }),
    { numRuns: 200 },
  );
});

test('only lines that may hold the wanted texts come out of a block', () => {
  const payload = encode(['Link UP', 'link down', 'link up', 'größer'].map((one) => lineOf(one)));
  const found = (...wanted: string[]) => decodeBlock(payload, wanted).map(({ text }) => text);
  assert.deepEqual(found('up'), ['Link UP', 'link up']);
  assert.deepEqual(found('up', 'flapping'), []);
  assert.equal(found('größer').length, 4);
});

test('what is no block is refused', () => {
  assert.throws(() => decodeBlock(Buffer.from([3, 0, 0, 0, 0, 0])), /version 3/);
  assert.throws(() => decodeBlock(Buffer.from([2, 255, 255, 255, 255, 0])), /cannot be read/);
});
