import assert from 'node:assert/strict';
import test from 'node:test';
import { lineOf } from '#stores/logs/testing.ts';
import { decodeBlocks, encodeBlocks } from './carry.ts';
import { packLines } from './pack.ts';

const lines = Array.from({ length: 500 }, (_, i) =>
  lineOf(`link ${i} of 10.0.0.${i % 250} is down`, {
    severity: i % 8,
    fields: { 'meta.n': String(i) },
    deviceId: i % 9,
  }),
);

test('packed lines come out of the spool as they went in', () => {
  const blocks = packLines(lines, Math.random, 'host/1');
  assert.deepEqual(decodeBlocks(encodeBlocks(blocks)), blocks);
});

test('batches of spools that carried payloads only are indexed anew', () => {
  const blocks = packLines(lines, Math.random, 'host/1');
  const parts = blocks.flatMap(({ payload }) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(payload.length);
    return [length, payload];
  });
  assert.deepEqual(decodeBlocks(Buffer.concat([Buffer.from('\u0006host/1'), ...parts])), blocks);
});

test('bytes that are cut short are refused', () => {
  const bytes = encodeBlocks(packLines(lines, Math.random));
  for (const length of [3, 9, 40, bytes.length - 1]) {
    assert.throws(() => decodeBlocks(bytes.subarray(0, length)), { code: 'internal' });
  }
});
