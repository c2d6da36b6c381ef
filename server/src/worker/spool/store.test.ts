import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { silentLog } from '#platform/log.ts';
import { sampleCodec } from './codec.ts';
import { createSegmentStore } from './store.ts';
import { batchOf, newDir } from './testing.ts';

test('what comes while a segment is read is not taken for missing', async () => {
  const dir = newDir();
  mkdirSync(dir, { recursive: true });
  const store = createSegmentStore({
    dir,
    codec: sampleCodec,
    source: 'one',
    segmentBytes: 1024 ** 2,
    log: silentLog,
    now: () => 1,
  });
  for (let number = 1; number <= 3; number++) await store.append(batchOf(number)).done;
  const segment = store.segments[0]!;
  const reading = store.read(segment);
  const during = store.append(batchOf(4));
  // One more, once the file is being read.
  await Promise.resolve();
  const later = store.append(batchOf(5));
  const records = await reading;
  assert.deepEqual(
    records.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
  await Promise.all([during.done, later.done]);
  assert.deepEqual(store.counters, { torn_bytes_total: 0, corrupt_segments_total: 0, corrupt_batches_total: 0 });
  assert.deepEqual([segment.records, segment.damaged, segment.sealed], [5, false, false]);
  assert.equal((await store.read(segment)).length, 5);
  await store.close();
});
