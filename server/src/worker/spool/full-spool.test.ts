import assert from 'node:assert/strict';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { batchOf, createStore, drained, newDir, spoolIn, upTo } from './testing.ts';

test('a full spool drops the oldest segments, and counts exactly the samples that never arrive', async () => {
  const { state, stored, deliver } = createStore();
  const dir = newDir();
  const spool = spoolIn(dir, { maxBytes: 600_000, segmentBytes: 65_536 });
  await spool.start(deliver);
  state.away = true;
  for (const number of upTo(5_000)) await spool.append(batchOf(number, 2));
  let size = 0;
  for (const name of await readdir(dir)) size += (await stat(path.join(dir, name))).size;
  assert.ok(size <= 700_000, `${size} bytes on disk`);
  state.away = false;
  await drained(spool);
  await spool.stop();
  const dropped = spool.counters()['samples_dropped_total{reason="spool_full"}'] ?? 0;
  assert.ok(dropped > 0);
  assert.equal(stored.length * 40 + dropped, 5_000 * 40);
  assert.equal(stored.at(-1), 5_000);
});

test('a full spool that refuses the newest keeps what it has, and says how full it is', async () => {
  const { state, stored, deliver } = createStore();
  const spool = spoolIn(newDir(), { maxBytes: 600_000, segmentBytes: 65_536, whenFull: 'refuse_newest' });
  await spool.start(deliver);
  state.away = true;
  let taken = 0;
  while (spool.load < 1) await spool.append(batchOf(++taken, 2));
  assert.ok(taken > 500, `${taken} batches`);
  await spool.sync();
  state.away = false;
  await drained(spool);
  assert.ok(spool.load < 1);
  await spool.stop();
  assert.deepEqual(stored, upTo(taken));
});

test('who asks whether it is on disk is told when it is not', async () => {
  const dir = newDir();
  const { state, stored, deliver } = createStore();
  const spool = spoolIn(dir, { whenFull: 'refuse_newest' });
  await spool.start(deliver);
  state.away = true;
  await spool.append(batchOf(1));
  await spool.sync();
  await rm(dir, { recursive: true });
  // The next segment cannot be made: what comes then waits in memory.
  for (const number of [2, 3, 4, 5]) {
    const batch = batchOf(number, 2);
    void spool.append({ ...batch, rows: Array.from({ length: 10 }, () => batch.rows[0]!) });
  }
  await assert.rejects(spool.sync(), { code: 'disk_full' });
  assert.ok(spool.load > 0);
  state.away = false;
  await drained(spool);
  await spool.sync();
  await spool.stop();
  assert.ok(stored.includes(5));
});
