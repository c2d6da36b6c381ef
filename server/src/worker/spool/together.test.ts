import assert from 'node:assert/strict';
import { cp, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFakeClock } from '#platform/fake-clock.ts';
import { JOINED_BATCHES } from '#services/telemetry/spool.ts';
import type { Batch } from '#services/telemetry/spool.ts';
import { batchOf, createStore, drained, newDir, spoolIn, upTo } from './testing.ts';

const joining = { ...JOINED_BATCHES, everyMs: 0 };
const patiently = { timeout: 60_000 };

/** The first delivery waits until `go`, so that what is appended meanwhile follows as one. */
function heldBack(deliver: ReturnType<typeof createStore>['deliver']) {
  const { promise, resolve: go } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const held: typeof deliver = async (batch, origin) => {
    begin();
    await promise;
    return deliver(batch, origin);
  };
  return { held, begun, go };
}

test(
  'batches that came while one was delivered are delivered as one, and nothing stays on disk',
  patiently,
  async () => {
    const dir = newDir();
    const { stored, joined, deliver } = createStore();
    const { held, begun, go } = heldBack(deliver);
    const spool = spoolIn(dir, { joining });
    await spool.start(held);
    await spool.append(batchOf(1));
    await begun;
    for (const number of [2, 3, 4, 5, 6]) await spool.append(batchOf(number, number));
    go();
    await drained(spool);
    assert.deepEqual(stored, upTo(6));
    assert.deepEqual(joined, [1, 5]);
    assert.equal(spool.counters()['spool_delivered_batches_total'], 6);
    await spool.stop();
    assert.deepEqual(await readdir(dir), []);
  },
);

test('what stands alone is delivered by itself, in order', patiently, async () => {
  const { stored, joined, deliver } = createStore();
  const { held, begun, go } = heldBack(deliver);
  const spool = spoolIn(newDir(), { joining });
  const reading: Batch = { ...batchOf(4), facts: [{ deviceId: 1, at: 4, facts: { interfaces: [] } }] };
  await spool.start(held);
  await spool.append(batchOf(1));
  await begun;
  for (const batch of [batchOf(2), batchOf(3), reading, { ...batchOf(5), unleased: [] }, batchOf(6), batchOf(7)]) {
    await spool.append(batch);
  }
  go();
  await drained(spool);
  await spool.stop();
  assert.deepEqual(stored, upTo(7));
  assert.deepEqual(joined, [1, 2, 1, 1, 2]);
});

test('a second passes between deliveries, unless the spool stops', patiently, async () => {
  const clock = createFakeClock();
  const { stored, joined, deliver } = createStore();
  const spool = spoolIn(newDir(), { clock, joining: { ...joining, everyMs: 1_000 } });
  const settle = async (wanted: number) => {
    for (let i = 0; stored.length < wanted; i++) {
      assert.ok(i < 1_000, `${stored.length} of ${wanted} are stored`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await spool.start(deliver);
  await spool.append(batchOf(1));
  await settle(1);
  for (const number of [2, 3, 4]) await spool.append(batchOf(number));
  await clock.advance(900);
  assert.deepEqual(stored, [1]);
  await clock.advance(100);
  await settle(4);
  assert.deepEqual(joined, [1, 3]);
  await spool.append(batchOf(5));
  await spool.stop();
  assert.deepEqual(stored, upTo(5));
});

test(
  'joined batches that fail, or were stored although they failed, are delivered one by one, each once',
  patiently,
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ away: fc.boolean(), lose: fc.boolean(), count: fc.integer({ min: 1, max: 6 }) }), {
          minLength: 1,
          maxLength: 6,
        }),
        async (steps) => {
          const { state, stored, deliver } = createStore();
          const spool = spoolIn(newDir(), { joining });
          await spool.start(deliver);
          let number = 0;
          for (const { away, lose, count } of steps) {
            state.away = away;
            state.lose = lose ? 1 : 0;
            for (let i = 0; i < count; i++) void spool.append(batchOf(++number));
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
          state.away = false;
          await drained(spool);
          await spool.stop();
          assert.deepEqual(stored, upTo(number));
        },
      ),
      { numRuns: 25 },
    );
  },
);

test('joined batches of a process that died before it knew them stored are not stored twice', patiently, async () => {
  const dir = newDir();
  const { stored, joined, deliver } = createStore();
  const { held, begun, go } = heldBack(deliver);
  const dead = spoolIn(dir, { joining, source: 'dead' });
  let calls = 0;
  await dead.start(async (batch, origin) => {
    await held(batch, origin);
    if (++calls === 2) await new Promise(() => undefined);
  });
  await dead.append(batchOf(1));
  await begun;
  for (const number of [2, 3, 4, 5]) await dead.append(batchOf(number));
  go();
  for (let i = 0; stored.length < 5; i++) {
    assert.ok(i < 1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.deepEqual(joined, [1, 4]);
  const copy = newDir();
  await cp(dir, copy, { recursive: true });
  const next = spoolIn(copy, { joining });
  await next.start(deliver);
  await drained(next);
  await next.stop();
  assert.deepEqual(stored, upTo(5));
});
