import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { silentLog } from '#platform/log.ts';
import { createRedis } from '#stores/redis/redis.ts';
import type { RedisConnections } from '#stores/redis/redis.ts';
import { noRedis, startTestCluster, startTestRedis } from '#stores/redis/testing.ts';
import { busContract } from './bus.contract.ts';
import { createRedisBus } from './redis/redis.ts';

const opened: RedisConnections[] = [];
after(async () => {
  for (const redis of opened) await redis.close();
});

function openBus(url: string) {
  const redis = createRedis({ url, log: silentLog, name: 'test' });
  opened.push(redis);
  return createRedisBus({ redis, log: silentLog });
}

const KINDS = { 'a server': startTestRedis, 'a cluster': startTestCluster };

for (const [kind, start] of Object.entries(KINDS)) {
  describe(`Bus on Redis, ${kind}`, { skip: noRedis ?? false }, () => {
    let server: { url: string; close(): Promise<void> };
    before(async () => {
      server = await start();
    });
    after(() => server.close());
    busContract(() => openBus(server.url));
  });
}

test(
  'after Redis was killed and started, subscribers hear again and are told of the gap',
  { skip: noRedis ?? false },
  async () => {
    const server = await startTestRedis();
    const bus = openBus(server.url);
    const gap = new Promise<void>((resolve) => bus.onGap?.(resolve));
    const arrived = new Promise<unknown>((resolve) => void bus.subscribe('devices', resolve));
    await bus.subscribe('tasks', () => undefined);
    await server.kill();
    await server.start();
    await gap;
    bus.publish('devices', 'after');
    assert.equal(await arrived, 'after');
    await bus.close();
    await server.close();
  },
);

test(
  'a subscriber that came before Redis hears when Redis comes, after a gap',
  { skip: noRedis ?? false },
  async () => {
    const server = await startTestRedis();
    await server.kill();
    const bus = openBus(server.url);
    const gap = new Promise<void>((resolve) => bus.onGap?.(resolve));
    const arrived = new Promise<unknown>((resolve) => void bus.subscribe('devices', resolve));
    await server.start();
    await gap;
    bus.publish('devices', 'there');
    assert.equal(await arrived, 'there');
    await bus.close();
    await server.close();
  },
);

test('with Redis away publish neither throws nor grows without bound, and counts what it drops', async () => {
  const bus = openBus('redis://127.0.0.1:1');
  for (let n = 0; n < 25_000; n++) bus.publish('devices', n);
  await bus.flush();
  assert.equal(bus.dropped(), 25_000);
  await bus.close();
});
