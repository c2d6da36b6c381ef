import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BitReader, BitWriter } from './bits.ts';
import { blockOf, decodeBlock, decodeHead, encodeBlock, extentOf } from './codec.ts';
import { decodeColumn, encodeColumn } from './column.ts';

function roundTrip(values: readonly number[]): { decoded: number[]; bytes: number } {
  const out = new BitWriter();
  encodeColumn(Float64Array.from(values), values.length, out);
  const into = new Float64Array(values.length);
  decodeColumn(new BitReader(out.bytes.slice(0, out.length)), out.length, values.length, into);
  return { decoded: [...into], bytes: out.length };
}
/** -0 and 0 are the same value. */
const same = (a: readonly number[], b: readonly number[]) => {
  assert.equal(a.length, b.length);
  for (const [i, value] of a.entries()) assert.ok(Object.is(value + 0, b[i]! + 0), `${i}: ${value} became ${b[i]}`);
};

test('bits come out as they went in, in every width', () => {
  const piece = fc.integer({ min: 1, max: 53 }).chain((count) => fc.tuple(fc.constant(count), fc.maxSafeInteger()));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 50 }), (pieces) => {
      const out = new BitWriter();
      const wanted = pieces.map(([count, value]) => [count, Math.abs(value) % 2 ** count] as const);
      for (const [count, value] of wanted) out.wideBits(value, count);
      out.flush();
      const reader = new BitReader(out.bytes.slice(0, out.length));
      for (const [count, value] of wanted) assert.equal(reader.wideBits(count), value);
    }),
  );
});

test('varints and zigzags come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -(2 ** 52), max: 2 ** 52 })), (numbers) => {
      const out = new BitWriter();
      for (const n of numbers) out.zigzag(n);
      const reader = new BitReader(out.bytes);
      for (const n of numbers) assert.equal(reader.zigzag() + 0, n + 0);
    }),
  );
});

const wild = fc.double();
const counter = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const decimal = fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 100);
const mostlyZero = fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat() });
const odd = fc.constantFrom(
  0,
  -0,
  1,
  -1,
  Number.NaN,
  2 ** 51,
  2 ** 51 + 1,
  -(2 ** 51),
  2 ** 53,
  1.8e19,
  5e-324,
  0.1,
  1e308,
  -1e308,
);
const gappy = (value: fc.Arbitrary<number>) =>
  fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constant(Number.NaN) });

for (const [name, value] of Object.entries({
  wild,
  counter,
  decimal,
  mostlyZero,
  odd,
  infinite: fc.constantFrom(Infinity, -Infinity, 1.5),
})) {
  test(`a column of ${name} values comes back as it was, with and without gaps`, () => {
    const column = fc.oneof(fc.array(value, { maxLength: 200 }), fc.array(gappy(value), { maxLength: 200 }));
    fc.assert(
      fc.property(column, (values) => same(values, roundTrip(values).decoded)),
      { numRuns: 400 },
    );
  });
}

test('a counter that grows by whatever steps comes back as it was', () => {
  const steps = fc.array(
    fc.oneof(
      fc.nat(100),
      fc.nat(2 ** 31 - 1),
      fc.constant(0),
      fc.nat(2 ** 31 - 1).map((n) => n * 2 ** 18),
    ),
    {
      maxLength: 100,
    },
  );
  fc.assert(
    fc.property(fc.nat(), steps, (start, all) => {
      let value = start;
      const values = all.map((step) => (value += step));
      same(values, roundTrip(values).decoded);
    }),
  );
});

test('what does not change costs almost nothing', () => {
  assert.equal(roundTrip(Array.from({ length: 60 }, () => 0)).bytes, 0);
  assert.ok(roundTrip(Array.from({ length: 60 }, () => 123_456_789)).bytes <= 6);
  assert.ok(roundTrip(Array.from({ length: 60 }, (_, i) => (i < 31 ? 1_000 : 1_003))).bytes <= 7);
  assert.ok(roundTrip(Array.from({ length: 60 }, (_, i) => 1e9 + i * 1_500)).bytes <= 10);
  assert.ok(roundTrip(Array.from({ length: 60 }, (_, i) => 23.5 + (i % 3) * 0.5)).bytes <= 48);
});

const poll = fc.record({
  gap: fc.oneof(
    fc.constant(60_000),
    fc.integer({ min: 1, max: 10_000_000 }),
    fc.double({ min: 0.001, max: 1e6, noNaN: true }),
  ),
  late: fc.integer({ min: -50, max: 30_000 }),
  restarted: fc.boolean(),
});
test('a block comes back as it was: times to the microsecond, restarts, every column', () => {
  const start = 1_790_000_000_000;
  fc.assert(
    fc.property(
      fc.array(poll, { minLength: 1, maxLength: 70 }),
      fc.integer({ min: 0, max: 5 }),
      fc.infiniteStream(gappy(counter)),
      (polls, width, stream) => {
        let at = start;
        const micros = (ms: number) => Math.round(ms * 1_000) / 1_000;
        const times = polls.map((p) => (at = micros(at + p.gap)));
        const given = {
          at: Float64Array.from(times),
          polledAt: Float64Array.from(polls, (p, i) => micros(times[i]! + p.late)),
          restarted: Uint8Array.from(polls, (p) => Number(p.restarted)),
          width,
          data: Float64Array.from({ length: width * polls.length }, () => stream.next().value),
        };
        const block = decodeBlock(encodeBlock(given));
        assert.equal(block.length, polls.length);
        assert.deepEqual(block.at, given.at);
        for (const [i, polledAt] of block.polledAt.entries())
          assert.ok(Math.abs(polledAt - given.polledAt[i]!) < 0.0006);
        assert.deepEqual(block.restarted, given.restarted);
        const read = new Float64Array((width + 1) * polls.length);
        for (let c = 0; c <= width; c++) block.read(c, read, c * polls.length);
        same([...given.data], [...read.subarray(0, given.data.length)]);
        assert.ok(Number.isNaN(read.at(-1)));
      },
    ),
  );
});

test('a block of another version is refused', () => {
  assert.throws(() => decodeBlock(Uint8Array.of(9, 1, 0, 0)), /version 9/);
});

test('a slice of a block gives the columns within; a head or a block that is cut short is told from a whole one', () => {
  const n = 40;
  const at = Float64Array.from({ length: n }, (_, i) => 1e12 + i * 1_000 + ((i * i) % 7));
  const data = Float64Array.from({ length: n * 9 }, (_, i) => Math.floor(i / n) * 1e6 + ((i * 37) % 101));
  const bytes = encodeBlock({ at, polledAt: at, restarted: new Uint8Array(n), width: 9, data });
  for (let length = 1; length < bytes.length; length++) {
    assert.throws(() => decodeBlock(bytes.subarray(0, length)), /cut short/);
    const head = decodeHead(bytes.subarray(0, length));
    if (!head) continue;
    const { from, to } = extentOf(head, 3, 5);
    const block = blockOf(head, bytes.subarray(from, to), from);
    const read = new Float64Array(3 * n);
    for (const column of [3, 4, 5]) block.read(column, read, (column - 3) * n);
    assert.deepEqual(read, data.subarray(3 * n, 6 * n));
  }
});
