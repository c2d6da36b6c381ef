import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '#platform/clock.ts';
import { systemClock } from '#platform/clock.ts';
import { spoolFiles } from './append-file.ts';
import type { SpoolFiles } from './append-file.ts';
import { createSyncDeadline } from './sync-deadline.ts';
import { batchOf, createStore, drained, newDir, spoolIn, upTo } from './testing.ts';

/** A disk that takes what is written and does not come to an end of syncing it before it is let go. */
function stuckDisk() {
  const held: (() => void)[] = [];
  let stuck = true;
  let asked: () => void = () => undefined;
  const began = new Promise<void>((resolve) => (asked = resolve));
  const files: SpoolFiles = {
    ...spoolFiles,
    async create(file) {
      const real = await spoolFiles.create(file);
      return {
        ...real,
        async sync() {
          asked();
          if (stuck) await new Promise<void>((resolve) => held.push(resolve));
          await real.sync();
        },
      };
    },
  };
  return {
    files,
    began,
    letGo() {
      stuck = false;
      for (const go of held.splice(0)) go();
    },
  };
}

test('a disk that is slow to sync does not hold up what comes: it is written, and outlives the process', async () => {
  const dir = newDir();
  const store = createStore();
  store.state.away = true;
  const disk = stuckDisk();
  const spool = spoolIn(dir, { files: disk.files, syncMs: 1 });
  await spool.start(store.deliver);
  await spool.append(batchOf(1));
  await disk.began;
  for (const number of [2, 3, 4]) await spool.append(batchOf(number));
  // As after a kill: another process finds what was written, while the first one still waits for its disk.
  const next = createStore();
  const heir = spoolIn(dir);
  await heir.start(next.deliver);
  await drained(heir);
  assert.deepEqual(next.stored, upTo(4));
  await heir.stop();
  disk.letGo();
  await spool.stop();
});

test('with every batch synced, none is called safe before the disk has it', async () => {
  const disk = stuckDisk();
  const store = createStore();
  const spool = spoolIn(newDir(), { files: disk.files, syncMs: 0 });
  await spool.start(store.deliver);
  let safe = 0;
  const all = upTo(3).map((number) => spool.append(batchOf(number)).then(() => safe++));
  await disk.began;
  await drained(spool);
  assert.equal(safe, 0);
  disk.letGo();
  await Promise.all(all);
  assert.equal(safe, 3);
  await spool.stop();
});

test('with every batch synced, one that the disk does not take is not called safe, and is delivered from memory', async () => {
  const files: SpoolFiles = { ...spoolFiles, create: () => Promise.reject(new Error('ENOSPC: no space left')) };
  const store = createStore();
  store.state.away = true;
  const spool = spoolIn(newDir(), { files, syncMs: 0 });
  await spool.start(store.deliver);
  await assert.rejects(spool.append(batchOf(1)), /ENOSPC/);
  store.state.away = false;
  await drained(spool);
  assert.deepEqual(store.stored, [1]);
  await spool.stop();
});

test('a file that could not be synced is not taken for synced the next time', async () => {
  let faults = 1;
  const files: SpoolFiles = {
    ...spoolFiles,
    async create(file) {
      const real = await spoolFiles.create(file);
      return { ...real, sync: async () => (faults-- > 0 ? Promise.reject(new Error('EIO: i/o error')) : real.sync()) };
    },
  };
  const store = createStore();
  store.state.away = true;
  const spool = spoolIn(newDir(), { files, syncMs: 60_000 });
  await spool.start(store.deliver);
  await spool.append(batchOf(1));
  await assert.rejects(spool.sync(), { code: 'disk_full' });
  await spool.sync();
  assert.ok(faults < 0);
  store.state.away = false;
  await drained(spool);
  await spool.stop();
});

test('a deadline whose timer is late is kept by what is appended next', () => {
  let now = 0;
  let syncs = 0;
  const clock: Clock = { ...systemClock, monotonic: () => now };
  const deadline = createSyncDeadline({ clock, syncMs: 150, sync: async () => void syncs++ });
  deadline.appended(false);
  now = 149;
  deadline.appended(false);
  assert.equal(syncs, 0);
  now = 150;
  deadline.appended(false);
  assert.equal(syncs, 1);
  deadline.appended(false);
  assert.equal(syncs, 1);
  deadline.stop();
});

test('what comes while others still wait is synced at once', async () => {
  const store = createStore();
  store.state.away = true;
  const disk = stuckDisk();
  const spool = spoolIn(newDir(), { files: disk.files, syncMs: 3_600_000 });
  await spool.start(store.deliver);
  await spool.append(batchOf(1));
  await spool.append(batchOf(2));
  await disk.began;
  disk.letGo();
  store.state.away = false;
  await drained(spool);
  await spool.stop();
});
