import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { age, ago, brief, bytes, cutMiddle, duration, show, si } from './format.ts';

test('rates have SI prefixes, storage binary ones', () => {
  assert.equal(show(1_480_000_000, 'bit/s'), '1.48 Gbit/s');
  assert.equal(show(999.9, 'bit/s'), '1 kbit/s');
  assert.equal(show(0, 'bit/s'), '0 bit/s');
  assert.equal(show(8 * 1024 ** 3, 'B'), '8 GiB');
  assert.equal(show(null, 'B'), '–');
  assert.equal(show(5670, 'rpm'), '5670 rpm');
  assert.equal(show(51.6, 'C'), '51.6 °C');
  assert.equal(brief(1_480_000_000, 'bit/s'), '1.48 G');
  assert.equal(brief(52.1, '%'), '52.1');
});

test('a figure never has more than four digits and never reaches the next prefix', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1e18, noNaN: true }), (value) => {
      const { figure } = si(value, 'bit/s');
      assert.ok(Number(figure) < 1000, figure);
      assert.ok(figure.replace('.', '').length <= 4, figure);
      assert.ok(Number(bytes(value).figure) <= 1024);
    }),
  );
});

test('ages are said in the one unit that matters', () => {
  assert.equal(ago(0, 1000), 'just now');
  assert.equal(ago(0, 12_000), '12 s ago');
  assert.equal(age(0, 3_599_000), '59 min');
  assert.equal(age(0, 86_400_000 * 3), '3 d');
  assert.equal(age(5000, 0), '0 s');
  assert.equal(duration(125), '2 min 5 s');
  assert.equal(duration(100_000), '1 d 3 h');
});

test('long text is cut in the middle and keeps both ends', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 3, max: 80 }), (text, length) => {
      const cut = cutMiddle(text, length);
      assert.ok(cut.length <= Math.max(length, text.length > length ? length : text.length));
      if (text.length > length) assert.ok(cut.startsWith(text.slice(0, 1)) && cut.endsWith(text.slice(-1)));
    }),
  );
});
