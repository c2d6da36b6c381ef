import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceStatus } from '@sotp/contract/devices.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import { createDeviceCounts } from './device-counts.ts';

function world() {
  const clock = createFakeClock();
  const asked: { readonly sites: readonly string[] | undefined; answer(up: number): void; fail(): void }[] = [];
  const counts = createDeviceCounts(
    {
      summary({ sites }) {
        const { promise, resolve, reject } = Promise.withResolvers<Map<DeviceStatus, number>>();
        asked.push({ sites, answer: (up) => resolve(new Map([['up', up]])), fail: () => reject(new Error('away')) });
        return promise;
      },
    },
    clock,
  );
  const up = async (sites?: string[]) => (await counts.of(sites ? { sites } : {})).get('up');
  return { clock, asked, counts, up };
}

test('everybody who asks within a second gets the count that was begun first', async () => {
  const { clock, asked, up } = world();
  const both = [up(), up()];
  asked[0]?.answer(1);
  assert.deepEqual(await Promise.all(both), [1, 1]);
  await clock.advance(999);
  assert.equal(await up(), 1);
  await clock.advance(1);
  const later = up();
  asked[1]?.answer(2);
  assert.deepEqual([await later, asked.length], [2, 2]);
});

test('a count that takes long is not told for a second after it came', async () => {
  const { clock, asked, up } = world();
  const slow = up();
  await clock.advance(5_000);
  asked[0]?.answer(1);
  assert.equal(await slow, 1);
  void up();
  assert.equal(asked.length, 2);
});

test('each scope has its own, whatever the order of its sites', async () => {
  const { asked, up } = world();
  const all = [up(), up(['b', 'a']), up(['a', 'b']), up([])];
  assert.deepEqual(
    asked.map(({ sites }) => sites),
    [undefined, ['b', 'a'], []],
  );
  asked.forEach(({ answer }, i) => answer(i));
  assert.deepEqual(await Promise.all(all), [0, 1, 1, 2]);
});

test('after a change nobody gets a count that was begun before it', async () => {
  const { asked, counts, up } = world();
  const before = up();
  counts.forget();
  const after = up();
  asked[0]?.answer(1);
  asked[1]?.answer(2);
  assert.deepEqual([await before, await after, await up()], [1, 2, 2]);
});

test('a count that failed is told to who waited for it and to nobody else', async () => {
  const { asked, up } = world();
  const both = [up(), up()];
  asked[0]?.fail();
  for (const one of both) await assert.rejects(one, /away/);
  const again = up();
  asked[1]?.answer(1);
  assert.equal(await again, 1);
});
