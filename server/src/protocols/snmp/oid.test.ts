import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareOctets, compareOids, decodeIndex, decodeOid, encodeIndex, encodeOid, isBelow, isOid } from './oid.ts';

const arc = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 16_380, max: 16_390 }),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const rest = fc.array(arc, { maxLength: 40 });
const root = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 39 })),
  fc.tuple(fc.constant(2), fc.integer({ min: 0, max: 0xffff_ffff - 80 })),
);
const arcs = fc.tuple(root, rest).map(([head, tail]) => [...head, ...tail]);

function compareArcs(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    if (a[i] !== b[i]) return Math.sign((a[i] ?? 0) - (b[i] ?? 0));
  }
  return Math.sign(a.length - b.length);
}

test('an OID comes back from its octets', () => {
  fc.assert(
    fc.property(arcs, (numbers) => {
      const dotted = numbers.join('.');
      const octets = encodeOid(dotted);
      assert.ok(isOid(octets));
      assert.equal(decodeOid(octets), dotted);
      assert.deepEqual(encodeOid(`.${dotted}`), octets);
    }),
  );
});

test('an index comes back from its octets', () => {
  fc.assert(
    fc.property(fc.array(arc, { minLength: 1, maxLength: 40 }), (numbers) => {
      assert.equal(decodeIndex(encodeIndex(numbers.join('.'))), numbers.join('.'));
    }),
  );
});

test('octets and dotted forms order as the arcs do', () => {
  const pair = fc.oneof(
    fc.tuple(arcs, arcs),
    fc.tuple(arcs, rest, rest).map(
      ([head, a, b]) =>
        [
          [...head, ...a],
          [...head, ...b],
        ] as const,
    ),
  );
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const expected = compareArcs(a, b);
      assert.equal(Math.sign(compareOids(a.join('.'), b.join('.'))), expected);
      assert.equal(Math.sign(compareOctets(encodeOid(a.join('.')), encodeOid(b.join('.')))), expected);
    }),
    { numRuns: 1000 },
  );
});

test('16384 comes after 16383 though its octets do not', () => {
  assert.ok(compareOctets(encodeOid('1.3.16384'), encodeOid('1.3.16383')) > 0);
});

test('an OID lies below its prefix, not below itself nor below a neighbour that starts alike', () => {
  assert.ok(isBelow('1.3.6.1.2', '1.3.6.1'));
  assert.ok(!isBelow('1.3.6.1', '1.3.6.1'));
  assert.ok(!isBelow('1.3.6.10', '1.3.6.1'));
});

test('more than 128 arcs are refused in both directions', () => {
  const dotted = `1.3${'.1'.repeat(127)}`;
  assert.throws(() => encodeOid(dotted), { code: 'validation_failed' });
  assert.ok(!isOid(Buffer.alloc(128, 1)));
  assert.ok(isOid(Buffer.alloc(127, 1)));
});
