import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Job, JobQueues, WorkHandle } from './queue.ts';

interface Fixture {
  readonly queues: JobQueues;
  close(): Promise<void>;
}

/** Resolves when `count` jobs were handled. */
function collector<Data>(count: number) {
  const seen: Job<Data>[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    seen,
    done: promise,
    handler: async (job: Job<Data>) => {
      seen.push(job);
      if (seen.length === count) resolve();
    },
  };
}

/** What every back end of `JobQueues` promises. */
export function queueContract(name: string, open: () => Promise<Fixture>): void {
  describe(`JobQueues on ${name}`, () => {
    let fixture: Fixture;
    let queues: JobQueues;
    let handles: WorkHandle[] = [];
    beforeEach(async () => {
      fixture = await open();
      queues = fixture.queues;
      handles = [];
    });
    afterEach(async () => {
      for (const handle of handles) await handle.stop(1_000);
      await queues.close();
      await fixture.close();
    });

    async function work<Data>(queue: string, concurrency: number, handler: (job: Job<Data>) => Promise<unknown>) {
      handles.push(await queues.work(queue, { concurrency }, handler));
    }

    test('a job reaches a worker with its name and data, as a first attempt, and leaves nothing behind', async () => {
      const { seen, done, handler } = collector<{ n: number }>(1);
      await queues.add('a', [{ name: 'first', data: { n: 1 } }]);
      assert.deepEqual(await queues.depth('a'), { waiting: 1, running: 0, failed: 0 });
      await work('a', 1, handler);
      await done;
      assert.equal(seen[0]?.name, 'first');
      assert.deepEqual(seen[0]?.data, { n: 1 });
      assert.equal(seen[0]?.attempt, 1);
      await handles.pop()?.stop(1_000);
      assert.deepEqual(await queues.depth('a'), { waiting: 0, running: 0, failed: 0 });
    });

    test('a worker that waits hears of a new job at once', async () => {
      const { done, handler } = collector(1);
      await work('a', 1, handler);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const before = performance.now();
      await queues.add('a', [{ name: 'x', data: {} }]);
      await done;
      assert.ok(performance.now() - before < 1_000);
    });

    test('many jobs go in at once and come out in their order, urgent ones first', async () => {
      const { seen, done, handler } = collector<number>(51);
      await queues.add(
        'a',
        Array.from({ length: 50 }, (_, n) => ({ name: 'n', data: n })),
      );
      await queues.add('a', [{ name: 'n', data: 99, urgent: true }]);
      await work('a', 1, handler);
      await done;
      assert.deepEqual(
        seen.map((job) => job.data),
        [99, ...Array.from({ length: 50 }, (_, n) => n)],
      );
    });

    test('queues do not see each other', async () => {
      const a = collector<string>(1);
      const b = collector<string>(1);
      await queues.add('a', [{ name: 'x', data: 'for a' }]);
      await queues.add('b', [{ name: 'x', data: 'for b' }]);
      await work('a', 1, a.handler);
      await work('b', 1, b.handler);
      await Promise.all([a.done, b.done]);
      assert.deepEqual([a.seen[0]?.data, b.seen[0]?.data], ['for a', 'for b']);
    });

    test('an id is taken once while its job waits, and again when it has ended', async () => {
      const first = collector<number>(1);
      await queues.add('a', [{ name: 'x', data: 1, id: 'same' }]);
      await queues.add('a', [{ name: 'x', data: 2, id: 'same' }]);
      assert.equal((await queues.depth('a')).waiting, 1);
      await work('a', 1, first.handler);
      await first.done;
      await handles.pop()?.stop(1_000);
      await queues.add('a', [{ name: 'x', data: 3, id: 'same' }]);
      assert.equal((await queues.depth('a')).waiting, 1);
    });

    test('no more jobs run at once than asked for', async () => {
      let running = 0;
      let most = 0;
      let left = 12;
      const { promise, resolve } = Promise.withResolvers<void>();
      await queues.add(
        'a',
        Array.from({ length: left }, () => ({ name: 'x', data: {} })),
      );
      await work('a', 3, async () => {
        running++;
        most = Math.max(most, running);
        await new Promise((next) => setTimeout(next, 30));
        running--;
        if (--left === 0) resolve();
      });
      await promise;
      assert.equal(most, 3);
    });

    test('a handler that throws counts as failed, and the next job runs', async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      await queues.add('a', [
        { name: 'bad', data: {} },
        { name: 'good', data: {} },
      ]);
      await work('a', 1, async (job) => {
        if (job.name === 'bad') throw new Error('on purpose');
        resolve();
      });
      await promise;
      await handles.pop()?.stop(1_000);
      assert.equal((await queues.depth('a')).failed, 1);
    });

    test('stop waits for the job that runs, and takes no further one', async () => {
      const started = Promise.withResolvers<void>();
      let ended = 0;
      await queues.add('a', [
        { name: 'x', data: {} },
        { name: 'x', data: {} },
      ]);
      await work('a', 1, async () => {
        started.resolve();
        await new Promise((next) => setTimeout(next, 200));
        ended++;
      });
      await started.promise;
      await handles.pop()?.stop(5_000);
      assert.equal(ended, 1);
      assert.equal((await queues.depth('a')).waiting, 1);
    });
  });
}
