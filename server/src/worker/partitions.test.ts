import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Bus } from '#bus/bus.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import type { FakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import type { JobQueues } from '#queue/queue.ts';
import { PROBE_MS } from './cut-off.ts';
import { createPartitions } from './partitions.ts';
import { createSharedClock } from './shared-clock.ts';
import { createFakeLeases } from './testing/fake-leases.ts';

const PARTITIONS = 4;
const STEP_MS = 100;

/** What lies between a collector and the rest of the world. */
interface Way {
  /** Nothing gets through, neither to the database nor to devices. */
  cut: boolean;
  /** The database takes connections and does not answer. */
  hangs: boolean;
  /** It refuses them. */
  refuses: boolean;
}

const never = new Promise<never>(() => undefined);
const bus: Bus = {
  publish: () => undefined,
  subscribe: async () => async () => undefined,
  flush: async () => undefined,
  close: async () => undefined,
};
const queues: JobQueues = {
  add: async () => undefined,
  work: async () => ({ stop: async () => undefined }),
  depth: async () => ({ waiting: 0, running: 0, failed: 0 }),
  close: async () => undefined,
};

function collector(clock: FakeClock, id: string, store: ReturnType<typeof createFakeLeases>) {
  const way: Way = { cut: false, hangs: false, refuses: false };
  const through = async <T>(work: () => Promise<T>): Promise<T> => {
    if (way.refuses) throw new Error('refused');
    return way.cut || way.hangs ? never : work();
  };
  const partitions = createPartitions({
    leases: {
      beat: (...args) => through(() => store.beat(...args)),
      release: (...args) => through(() => store.release(...args)),
      leave: (...args) => through(() => store.leave(...args)),
      members: store.members,
    },
    async reach() {
      if (!way.cut) return way.refuses ? 'refused' : 'open';
      await clock.sleep(1_200);
      return 'silent';
    },
    queues,
    bus,
    clock,
    shared: createSharedClock(clock),
    log: silentLog,
    member: { id, host: id, pid: 1, name: id, sites: null },
    partitions: PARTITIONS,
    handle: async () => undefined,
    lost: () => undefined,
  });
  const holding = () => Array.from({ length: PARTITIONS }, (_, p) => p).filter((p) => partitions.holds(p, clock.now()));
  return { way, partitions, holding };
}

async function world() {
  const clock = createFakeClock();
  const store = createFakeLeases(clock);
  const a = collector(clock, 'a', store);
  const b = collector(clock, 'b', store);
  await a.partitions.start();
  await b.partitions.start();
  await clock.advance(20_000);
  assert.deepEqual([a.holding().length, b.holding().length], [2, 2]);
  const tolerated = { steps: 0 };
  return {
    clock,
    a,
    b,
    tolerated,
    /** Lets both poll ten times a second; throws when a device would be polled by both in more of these than tolerated. */
    async goOn(ms: number, busy = 1) {
      for (let i = 0; i < ms / STEP_MS; i++) {
        await clock.advance(STEP_MS);
        for (const one of [a, b]) {
          if (i % busy === 0 && one.holding().length > 0) one.partitions.heard(!one.way.cut, true, clock.monotonic());
        }
        const reaching = [a, b].map((one) => (one.way.cut ? [] : one.holding()));
        const both = reaching[0]?.filter((partition) => reaching[1]?.includes(partition));
        if (both?.length !== 0 && --tolerated.steps < 0) assert.deepEqual(both, [], 'polled by two');
      }
    },
    async end() {
      for (const { way } of [a, b]) Object.assign(way, { cut: false, hangs: false, refuses: false });
      const ended = Promise.all([a.partitions.stop(), b.partitions.stop()]);
      await clock.advance(60_000);
      await ended;
    },
  };
}

test('a network that is cut for however long: at no instant but that of a probe do two collectors poll a device', async () => {
  const story = fc.record({
    settleMs: fc.integer({ min: 0, max: 60 }).map((n) => n * STEP_MS),
    cutMs: fc.integer({ min: 10, max: 450 }).map((n) => n * STEP_MS),
    /** The database may have much to do when the network is back: for the time of an attempt and more. */
    slowMs: fc.integer({ min: 0, max: 29 }).map((n) => n * STEP_MS),
    busy: fc.integer({ min: 1, max: 50 }),
  });
  await fc.assert(
    fc.asyncProperty(story, async ({ settleMs, cutMs, slowMs, busy }) => {
      const { a, b, tolerated, goOn, end } = await world();
      await goOn(settleMs, busy);
      a.way.cut = true;
      await goOn(cutMs, busy);
      if (cutMs >= 20_000) assert.equal(b.holding().length, PARTITIONS, 'the other has taken over');
      Object.assign(a.way, { cut: false, hangs: slowMs > 0 });
      // A long cut may end just before one of the probes, which come every half a minute and are over within a step.
      if (cutMs >= PROBE_MS) tolerated.steps = 1;
      await goOn(slowMs, busy);
      a.way.hangs = false;
      await goOn(30_000, busy);
      assert.deepEqual([a.holding().length, b.holding().length], [2, 2], 'they share again');
      await end();
    }),
    { numRuns: 40, examples: [[{ settleMs: 0, cutMs: 37_000, slowMs: 0, busy: 38 }]] },
  );
});

test('a lease is over, for its holder, before the database would give it to another', async () => {
  const { clock, a, goOn, end } = await world();
  await goOn(5_000);
  a.way.cut = true;
  const at = clock.monotonic();
  while (a.holding().length > 0) await clock.advance(10);
  assert.ok(clock.monotonic() - at < 10_000, `it held on for ${clock.monotonic() - at} ms`);
  await end();
});

test('a database that refuses everybody costs nobody a poll, for hours', async () => {
  const { a, b, goOn, end } = await world();
  a.way.refuses = b.way.refuses = true;
  for (let i = 0; i < 60; i++) {
    await goOn(1_000);
    assert.deepEqual([a.holding().length, b.holding().length], [2, 2]);
  }
  await end();
});

test('nor does one that hangs', async () => {
  const { a, b, goOn, end } = await world();
  a.way.hangs = b.way.hangs = true;
  for (let i = 0; i < 60; i++) {
    await goOn(1_000);
    assert.deepEqual([a.holding().length, b.holding().length], [2, 2]);
  }
  await end();
});
