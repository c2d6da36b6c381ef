import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import { createRedis } from '#stores/redis/redis.ts';
import type { RedisConnections } from '#stores/redis/redis.ts';
import { noRedis, startTestCluster, startTestRedis } from '#stores/redis/testing.ts';
import { cacheContract } from './cache.contract.ts';
import { createRedisCache } from './redis/redis.ts';

const KINDS = { 'a server': startTestRedis, 'a cluster': startTestCluster };

for (const [kind, start] of Object.entries(KINDS)) {
  describe(`Cache on Redis, ${kind}`, { skip: noRedis ?? false }, () => {
    const opened: RedisConnections[] = [];
    let server: { url: string; close(): Promise<void> };
    before(async () => {
      server = await start();
    });
    after(async () => {
      for (const redis of opened) await redis.close();
      await server.close();
    });

    cacheContract(() => {
      const redis = createRedis({ url: server.url, log: silentLog, name: 'test' });
      opened.push(redis);
      return createRedisCache(redis);
    });
  });
}

test('a cache that is away says so within seconds, with where it should be', { skip: noRedis ?? false }, async () => {
  const redis = createRedis({ url: 'redis://u:hidden-word@127.0.0.1:1', log: silentLog, name: 'test' });
  await assert.rejects(
    createRedisCache(redis).get('k'),
    (error) =>
      error instanceof AppError &&
      error.code === 'cache_unavailable' &&
      error.message.includes('127.0.0.1:1') &&
      !error.message.includes('hidden-word'),
  );
  await redis.close();
});
