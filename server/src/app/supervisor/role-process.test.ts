import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heapLimitMb } from './role-process.ts';

test('collectors share a quarter of the memory, and each may have half a gigabyte on a small machine', () => {
  assert.equal(heapLimitMb(24_000, 2), 3_000);
  assert.equal(heapLimitMb(24_000, 8), 750);
  assert.equal(heapLimitMb(2_000, 4), 512);
  assert.equal(heapLimitMb(24_000, 0), 6_000);
});
