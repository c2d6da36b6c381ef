import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeRecord, scanRecords } from './record.ts';

const record = fc.record({
  sequence: fc.maxSafeNat(),
  items: fc.nat(100_000),
  payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
});
const records = fc.array(record, { maxLength: 20 });
const plain = (all: readonly { sequence: number; items: number; payload: Buffer }[]) =>
  all.map(({ sequence, items, payload }) => [sequence, items, payload.toString('hex')]);

test('records come out as they went in', () => {
  fc.assert(
    fc.property(records, (all) => {
      const scan = scanRecords(Buffer.concat(all.map(encodeRecord)));
      assert.deepEqual(plain(scan.records), plain(all));
      assert.deepEqual([scan.damaged, scan.tornBytes], [0, 0]);
    }),
  );
});

test('a segment cut anywhere keeps every whole record, and knows how much is torn', () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (all, part) => {
        const bytes = Buffer.concat(all.map(encodeRecord));
        const cut = Math.floor(bytes.length * part);
        let whole = 0;
        let end = 0;
        for (const one of all) {
          const next = end + encodeRecord(one).length;
          if (next > cut) break;
          end = next;
          whole++;
        }
        const scan = scanRecords(bytes.subarray(0, cut));
        assert.deepEqual(plain(scan.records), plain(all.slice(0, whole)));
        assert.equal(scan.goodBytes, end);
        assert.equal(scan.tornBytes, cut - end);
      },
    ),
  );
});

test('a flipped bit costs the one record it is in', () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 3, maxLength: 10 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.integer({ min: 0, max: 7 }),
      (all, part, bit) => {
        const bytes = Buffer.concat(all.map(encodeRecord));
        const place = Math.floor(bytes.length * part);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
        let end = 0;
        const hit = all.findIndex((one) => (end += encodeRecord(one).length) > place);
        const scan = scanRecords(bytes);
        const kept = all.filter((_one, i) => i !== hit);
        assert.deepEqual(plain(scan.records), plain(kept));
        assert.ok(scan.damaged === 1 || (hit === all.length - 1 && scan.tornBytes > 0));
      },
    ),
  );
});
