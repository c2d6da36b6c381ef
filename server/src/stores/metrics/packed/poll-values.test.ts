import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countOf, readValues, wholeBytesAtMost, writeWhole } from './poll-values.ts';

/** A float8[] in binary form. */
function arrayOf(floats: readonly number[]): Buffer {
  const bytes = Buffer.alloc(20 + floats.length * 12);
  for (const [i, value] of floats.entries()) {
    bytes.writeInt32BE(8, 20 + i * 12);
    bytes.writeDoubleBE(value, 24 + i * 12);
  }
  return bytes;
}

function stored(values: readonly number[]): { whole: Uint8Array; floats: number[] } {
  const into = new Uint8Array(3 + wholeBytesAtMost(values.length)).fill(0xff);
  const floats: number[] = [];
  const end = writeWhole(into, 3, values, floats);
  assert.ok(end <= into.length);
  return { whole: into.slice(3, end), floats };
}

const borders = [0, 1, 255, 256, 65_535, 65_536, 2 ** 24, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 48 - 1, 2 ** 48];
const value = fc.oneof(
  fc.constantFrom(...borders, Number.MAX_SAFE_INTEGER, 2 ** 53, 2 ** 64, Number.NaN, -1, 0.5, -(2 ** 40), 5e-324),
  fc.maxSafeNat(),
  fc.double({ noDefaultInfinity: true }),
);

test('values come out as they went in, whichever part is asked for', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 70 }), fc.nat(75), fc.nat(75), (values, a, b) => {
      const { whole, floats } = stored(values);
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      assert.equal(countOf(whole, arrayOf(floats)), values.length);
      const into = new Float64Array(2 * (to - from)).fill(-7);
      readValues(whole, arrayOf(floats), { from, to }, into, 1, 2);
      for (let p = from; p < to; p++) {
        assert.ok(Object.is(into[2 * (p - from) + 1], (values[p] ?? Number.NaN) + 0), `${p} of ${values.join()}`);
        assert.equal(into[2 * (p - from)], -7);
      }
    }),
  );
});

test('rows from before there was a compact form are read from their array', () => {
  const values = [1, Number.NaN, 2.5, 2 ** 63];
  const into = new Float64Array(4);
  assert.equal(countOf(new Uint8Array(0), arrayOf(values)), 4);
  readValues(new Uint8Array(0), arrayOf(values), { from: 1, to: 5 }, into, 0, 1);
  assert.deepEqual([...into], [Number.NaN, 2.5, 2 ** 63, Number.NaN]);
});

test('counters of a port lie in a few bytes each, what is no whole number in the array', () => {
  const { whole, floats } = stored([0, 1_500, 3_000_000_000, 0.25, -40]);
  assert.equal(whole.length, 4 + 3 + 0 + 2 + 4);
  assert.deepEqual(floats, [0.25, -40]);
});
