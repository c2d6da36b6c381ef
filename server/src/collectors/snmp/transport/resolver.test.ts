import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '#platform/clock.ts';
import { createResolver } from './resolver.ts';

function world() {
  let now = 0;
  let answer: string | null = '192.0.2.1';
  let asked = 0;
  const clock: Clock = { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() };
  const resolver = createResolver(clock, async () => {
    asked += 1;
    if (answer === null) throw new Error('ENOTFOUND');
    return { address: answer, family: 4 };
  });
  return {
    resolver,
    asked: () => asked,
    pass: (ms: number) => (now += ms),
    becomes: (address: string | null) => (answer = address),
  };
}

test('addresses are taken as they are, in the spelling of the socket', async () => {
  const { resolver, asked } = world();
  assert.deepEqual(await resolver.resolve('192.0.2.7'), { address: '192.0.2.7', family: 4 });
  assert.deepEqual(await resolver.resolve('[2001:DB8:0:0::1]'), { address: '2001:db8::1', family: 6 });
  assert.deepEqual(await resolver.resolve('fe80::0:1%eth0'), { address: 'fe80::1%eth0', family: 6 });
  assert.equal(asked(), 0);
});

test('a name is asked for once, by all who want it at the same time, and again in the background when it is old', async () => {
  const { resolver, asked, pass, becomes } = world();
  await Promise.all([resolver.resolve('router'), resolver.resolve('router')]);
  assert.equal(asked(), 1);
  pass(61_000);
  becomes('192.0.2.2');
  assert.equal((await resolver.resolve('router')).address, '192.0.2.1');
  await new Promise(setImmediate);
  assert.equal((await resolver.resolve('router')).address, '192.0.2.2');
  assert.equal(asked(), 2);
});

test('a name that cannot be resolved any more keeps its address; one that never could is named, and asked for again later', async () => {
  const { resolver, asked, pass, becomes } = world();
  await resolver.resolve('router');
  becomes(null);
  pass(61_000);
  await resolver.resolve('router');
  await new Promise(setImmediate);
  assert.equal((await resolver.resolve('router')).address, '192.0.2.1');
  await assert.rejects(resolver.resolve('other'), { code: 'address_unresolvable' });
  const before = asked();
  await assert.rejects(resolver.resolve('other'), { code: 'address_unresolvable' });
  assert.equal(asked(), before);
  pass(10_001);
  becomes('192.0.2.3');
  assert.equal((await resolver.resolve('other')).address, '192.0.2.3');
});
