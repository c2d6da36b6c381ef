import assert from 'node:assert/strict';
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Bus } from './bus.ts';

/** What every Bus promises. `open` gives one more member: another process. */
export function busContract(open: () => Bus): void {
  async function together(n: number, fn: (...buses: Bus[]) => Promise<void>): Promise<void> {
    const buses = Array.from({ length: n }, open);
    try {
      await fn(...buses);
    } finally {
      await Promise.all(buses.map((bus) => bus.close()));
    }
  }

  /** Collects what arrives, and lets the test wait for a number of messages. */
  function collector() {
    const received: unknown[] = [];
    const news = new EventEmitter();
    return {
      received,
      handler: (message: unknown) => {
        received.push(message);
        news.emit('message');
      },
      async reach(count: number) {
        while (received.length < count) await once(news, 'message');
      },
    };
  }

  test('every subscriber of a topic in every process gets each message, in order; others get none', async () => {
    await together(3, async (a, b, c) => {
      const [inB, inC, other] = [collector(), collector(), collector()];
      await b?.subscribe('samples/1', inB.handler);
      await c?.subscribe('samples/1', inC.handler);
      await c?.subscribe('samples/2', other.handler);
      for (let n = 0; n < 2_000; n++) a?.publish('samples/1', { n, text: 'ü'.repeat(n % 50) });
      await Promise.all([inB.reach(2_000), inC.reach(2_000)]);
      const expected = Array.from({ length: 2_000 }, (_, n) => ({ n, text: 'ü'.repeat(n % 50) }));
      assert.deepEqual(inB.received, expected);
      assert.deepEqual(inC.received, expected);
      assert.deepEqual(other.received, []);
    });
  });

  test('long messages arrive whole and in their place', async () => {
    await together(2, async (a, b) => {
      const got = collector();
      await b?.subscribe('devices', got.handler);
      const long = 'x'.repeat(300_000);
      a?.publish('devices', 1);
      a?.publish('devices', long);
      a?.publish('devices', 2);
      await got.reach(3);
      assert.deepEqual(got.received, [1, long, 2]);
    });
  });

  test('a publisher that listens hears itself; after unsubscribing nothing comes', async () => {
    await together(1, async (a) => {
      const [first, second] = [collector(), collector()];
      const stop = await a?.subscribe('tasks', first.handler);
      await a?.subscribe('tasks', second.handler);
      a?.publish('tasks', 1);
      await Promise.all([first.reach(1), second.reach(1)]);
      await stop?.();
      a?.publish('tasks', 2);
      await second.reach(2);
      assert.deepEqual(first.received, [1]);
    });
  });

  test('a handler that throws hurts nobody else', async () => {
    await together(1, async (a) => {
      const got = collector();
      await a?.subscribe('tasks', () => {
        throw new Error('no');
      });
      await a?.subscribe('tasks', got.handler);
      a?.publish('tasks', 1);
      await got.reach(1);
    });
  });

  test('flush resolves when all is handed over; publish after close does nothing', async () => {
    const bus = open();
    for (let n = 0; n < 100; n++) bus.publish('devices', n);
    await bus.flush();
    await bus.close();
    bus.publish('devices', 1);
    await bus.flush();
  });
}
