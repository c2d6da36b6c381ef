import assert from 'node:assert/strict';
import { cp, mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFakeClock } from '#platform/fake-clock.ts';
import type { SampleSpool } from '#services/telemetry/spool.ts';
import { batchOf, createStore, drained, newDir, spoolIn, upTo } from './testing.ts';

test('with a store that keeps up, batches are delivered in order and nothing stays on disk', async () => {
  const dir = newDir();
  const { stored, deliver } = createStore();
  const spool = spoolIn(dir);
  await spool.start(deliver);
  for (const number of upTo(50)) {
    void spool.append(batchOf(number, number));
    if (number % 7 === 0) await drained(spool);
  }
  await drained(spool);
  await spool.stop();
  assert.deepEqual(stored, upTo(50));
  assert.deepEqual(await readdir(dir), []);
});

test('what the store cannot take now comes later, oldest first, from disk', async () => {
  const { state, stored, deliver } = createStore();
  const spool = spoolIn(newDir());
  await spool.start(deliver);
  state.away = true;
  for (const number of upTo(300)) {
    // More than is kept in memory.
    const batch = batchOf(number, 2);
    await spool.append({ ...batch, rows: Array.from({ length: 100 }, () => batch.rows[0]!) });
  }
  state.away = false;
  await drained(spool);
  await spool.stop();
  assert.deepEqual([...new Set(stored)], upTo(300));
  assert.equal(stored.length, 30_000);
  assert.ok((spool.counters()['spool_replayed_batches_total'] ?? 0) > 100);
});

test('the age of the oldest batch that waits is told, over a restart too', async () => {
  const clock = createFakeClock();
  const dir = newDir();
  const dead = spoolIn(dir, { clock });
  await dead.start(() => new Promise(() => undefined));
  const age = (of: SampleSpool) => of.counters()['spool_oldest_seconds'];
  assert.equal(age(dead), 0);
  await dead.append(batchOf(1));
  await clock.advance(20_000);
  await dead.append(batchOf(2));
  assert.equal(age(dead), 20);
  const copy = newDir();
  await cp(dir, copy, { recursive: true });
  await clock.advance(40_000);
  const next = spoolIn(copy, { clock });
  const taken: (() => void)[] = [];
  await next.start(() => new Promise((resolve) => taken.push(resolve)));
  assert.equal(age(next), 60);
  for (let i = 0; i < 100 && next.backlog > 0; i++) {
    taken.shift()?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(age(next), 0);
});

test('in sync mode an appended batch is on disk before anything else', async () => {
  const dir = newDir();
  const { stored, deliver } = createStore();
  const dead = spoolIn(dir, { syncMs: 0 });
  await dead.start(() => new Promise(() => undefined));
  for (const number of upTo(5)) await dead.append(batchOf(number));
  const copy = newDir();
  await cp(dir, copy, { recursive: true });
  const next = spoolIn(copy);
  await next.start(deliver);
  await drained(next);
  await next.stop();
  await dead.stop();
  assert.deepEqual(stored, upTo(5));
});

test('a corrupt segment is set aside after what can be read of it is delivered, and the loss is counted', async () => {
  const dir = newDir();
  const dead = spoolIn(dir, { segmentBytes: 65_536 });
  await dead.start(() => new Promise(() => undefined));
  for (const number of upTo(10)) await dead.append(batchOf(number, 2));
  const [name] = (await readdir(dir)).filter((file) => file.endsWith('.seg'));
  const file = path.join(dir, name ?? '');
  const handle = await open(file, 'r+');
  await handle.write(Buffer.from([255, 255, 255]), 0, 3, Math.floor((await handle.stat()).size / 2));
  await handle.close();
  const copy = newDir();
  await cp(dir, copy, { recursive: true });
  const { stored, deliver } = createStore();
  const next = spoolIn(copy);
  await next.start(deliver);
  await drained(next);
  await next.stop();
  await dead.stop();
  assert.equal(stored.length, 9);
  assert.equal(next.counters()['spool_corrupt_segments_total'], 1);
  assert.equal(next.counters()['spool_corrupt_batches_total'], 1);
  assert.equal((await readdir(path.join(copy, 'corrupt'))).length, 1);
});

test('a disk that takes nothing leaves the spool working in memory', async () => {
  const dir = newDir();
  const { state, stored, deliver } = createStore();
  const spool = spoolIn(dir);
  await spool.start(deliver);
  await rm(dir, { recursive: true });
  state.away = true;
  for (const number of upTo(20)) await spool.append(batchOf(number));
  state.away = false;
  await drained(spool);
  await spool.stop();
  assert.deepEqual(stored, upTo(20));
  assert.ok((spool.counters()['spool_disk_errors_total'] ?? 0) > 0);
});

test('spools of processes that are no more are taken over', async () => {
  const dir = newDir();
  const dead = spoolIn(dir);
  await dead.start(() => new Promise(() => undefined));
  for (const number of upTo(3)) await dead.append(batchOf(number));
  await dead.flush();
  const copy = newDir();
  await cp(dir, copy, { recursive: true });
  const { stored, deliver } = createStore();
  const next = spoolIn(newDir(), { adopt: [copy] });
  await next.start(deliver);
  await drained(next);
  await Promise.all([next.stop(), dead.stop()]);
  assert.deepEqual(stored, upTo(3));
});

/** Copies what is there while files come and go; one that is gone by then does not keep the others from being copied. */
async function copyFiles(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of await readdir(from)) {
    await cp(path.join(from, name), path.join(to, name), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

/** What may happen to a spool, in any order. */
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        shape: fc.nat(2),
        times: fc.integer({ min: 1, max: 30 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('away' as const, 'back' as const, 'drain' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), times: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), torn: fc.nat(200) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  ),
  { maxLength: 25 },
);

test('while many wait they are delivered by several at once, each once, and the order begins with the oldest', async () => {
  const { state, stored, deliver } = createStore();
  const spool = spoolIn(newDir(), { waveBatches: 4 });
  let atOnce = 0;
  let most = 0;
  await spool.start(async (batch, origin) => {
    most = Math.max(most, ++atOnce);
    await deliver(batch, origin).finally(() => atOnce--);
  });
  state.away = true;
  for (const number of upTo(100)) await spool.append(batchOf(number));
  state.away = false;
  await drained(spool);
  await spool.stop();
  assert.equal(most, 4);
  assert.equal(stored[0], 1);
  assert.deepEqual(
    stored.toSorted((a, b) => a - b),
    upTo(100),
  );
});

test('whatever happens in whatever order, everything appended is stored once; a torn tail costs the tail only', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(1, 4), async (all, waveBatches) => {
      const { state, stored, deliver } = createStore();
      let dir = newDir();
      let spool = spoolIn(dir, { waveBatches });
      await spool.start(deliver);
      let number = 0;
      // Numbers that a torn tail may have cost: written last, and not stored when the tail was torn off.
      const excused = new Set<number>();
      for (const step of all) {
        if (step.do === 'append') {
          const written = Array.from({ length: step.times }, () => spool.append(batchOf(++number, step.shape)));
          await Promise.all(written);
        } else if (step.do === 'away') state.away = true;
        else if (step.do === 'back') state.away = false;
        else if (step.do === 'lose') state.lose = step.times;
        else if (step.do === 'drain' && !state.away) await drained(spool);
        else if (step.do === 'restart') {
          await spool.stop();
          spool = spoolIn(dir, { waveBatches });
          await spool.start(deliver);
        } else if (step.do === 'crash') {
          // A crash is what another process finds on disk while this one is no more.
          const before = new Set(stored);
          const copy = newDir();
          await copyFiles(dir, copy);
          const wasAway = state.away;
          state.away = true;
          await spool.stop();
          state.away = wasAway;
          const last = (await readdir(copy))
            .filter((file) => file.endsWith('.seg'))
            .toSorted()
            .at(-1);
          if (last && step.torn > 0) {
            const file = path.join(copy, last);
            const { size } = await stat(file);
            await truncate(file, Math.max(0, size - step.torn));
            for (let back = 0; back < 8; back++) if (!before.has(number - back)) excused.add(number - back);
          }
          dir = copy;
          spool = spoolIn(dir, { waveBatches });
          await spool.start(deliver);
        }
      }
      state.away = false;
      state.lose = 0;
      await drained(spool);
      await spool.stop();
      assert.equal(new Set(stored).size, stored.length, 'something is stored twice');
      const missing = upTo(number).filter((one) => !stored.includes(one) && !excused.has(one));
      assert.deepEqual(missing, []);
    }),
    { numRuns: 80 },
  );
});
