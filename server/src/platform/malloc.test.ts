import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tidyHeap } from './heap.ts';
import { trimMalloc } from './malloc.ts';

const KEPT_EVERY = 64;
const BYTES = 32 * 1024;

const onGlibc = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
const skip = onGlibc.header?.glibcVersionRuntime ? false : 'no glibc';

test('what lies free between buffers that are in use goes back to the system', { skip }, () => {
  // Below the size from which the C library takes each from the system by itself.
  let all: Buffer[] | undefined = Array.from({ length: 4_096 }, () => Buffer.alloc(BYTES, 1));
  const kept = all.filter((_, i) => i % KEPT_EVERY === KEPT_EVERY - 1);
  all = undefined;
  tidyHeap();
  const before = process.memoryUsage.rss();
  trimMalloc();
  const gained = before - process.memoryUsage.rss();
  assert.ok(gained > 64 * 1024 * 1024, `${gained} octets came back of ${4_096 * BYTES}`);
  assert.ok(kept.every((buffer) => buffer[0] === 1));
});
