import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cache } from './cache.ts';

/** What every Cache promises. `open` gives one more client of the same cache: another process. */
export function cacheContract(open: () => Cache): void {
  test('a value is seen by every process until it is deleted', async () => {
    const [a, b] = [open(), open()];
    assert.equal(await a.get('k'), undefined);
    await a.set('k', { user: 'ü', n: [1, 2] }, 60_000);
    assert.deepEqual(await b.get('k'), { user: 'ü', n: [1, 2] });
    await b.set('k', null, 60_000);
    assert.equal(await a.get('k'), null);
    await a.delete('k');
    assert.equal(await b.get('k'), undefined);
  });

  test('a value is gone after its time to live, which each set starts anew', async () => {
    const cache = open();
    await cache.set('short', 1, 30);
    await cache.set('renewed', 1, 30);
    await cache.set('renewed', 2, 60_000);
    while ((await cache.get('short')) !== undefined) await sleep(5);
    assert.equal(await cache.get('renewed'), 2);
  });

  test('deletePrefix deletes what begins with the prefix, whose characters mean themselves', async () => {
    const cache = open();
    for (const key of ['session/1/a', 'session/1/b', 'session/12', 'session_1/c', 'a%b', 'axb']) {
      await cache.set(key, key, 60_000);
    }
    await cache.deletePrefix('session/1/');
    await cache.deletePrefix('session_');
    await cache.deletePrefix('a%');
    assert.equal(await cache.get('session/1/a'), undefined);
    assert.equal(await cache.get('session/1/b'), undefined);
    assert.equal(await cache.get('session/12'), 'session/12');
    assert.equal(await cache.get('session_1/c'), undefined);
    assert.equal(await cache.get('a%b'), undefined);
    assert.equal(await cache.get('axb'), 'axb');
  });

  test('increment counts every call of every process once; the first one sets the time to live', async () => {
    const [a, b] = [open(), open()];
    const counts = await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? a : b).increment('tries', 60_000)));
    assert.deepEqual(
      counts.map((c) => c.count).toSorted((x, y) => x - y),
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    const later = await a.increment('tries', 999_000_000);
    assert.ok(later.ttlMs > 0 && later.ttlMs <= 60_000);
  });

  test('a count starts anew when its time is over', async () => {
    const cache = open();
    await cache.increment('brief', 30);
    let last = await cache.increment('brief', 30);
    while (last.count !== 1) {
      await sleep(20);
      last = await cache.increment('brief', 30);
      assert.ok(last.count < 1_000);
    }
  });
}
