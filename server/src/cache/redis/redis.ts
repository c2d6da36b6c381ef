import { Cluster } from 'ioredis';
import type { Cache } from '#cache/cache.ts';
import { AppError } from '#platform/errors.ts';
import type { RedisClient, RedisConnections } from '#stores/redis/redis.ts';

/** Counts, and sets the time to live with the first call, in one step. */
const INCREMENT = `
local count = redis.call('incr', KEYS[1])
if count == 1 then redis.call('pexpire', KEYS[1], ARGV[1]) end
return {count, redis.call('pttl', KEYS[1])}`;

const SCAN_COUNT = 1_000;

async function deleteBelow(node: RedisClient, client: RedisClient, pattern: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
    cursor = next;
    // One by one: in a cluster keys of different slots cannot go together.
    await Promise.all(keys.map((key) => client.unlink(key)));
  } while (cursor !== '0');
}

/** The cache in Redis, whose clock decides what has expired. Throws `cache_unavailable` (retryable) when it is away. */
export function createRedisCache(redis: RedisConnections): Cache {
  const base = `${redis.prefix}:cache:`;

  async function ask<T>(question: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await question(redis.shared());
    } catch (cause) {
      throw new AppError('cache_unavailable', `Redis does not answer at ${redis.where}: is it running?`, {
        cause,
        retryable: true,
      });
    }
  }

  return {
    async get<T>(key: string): Promise<T | undefined> {
      const text = await ask((client) => client.get(base + key));
      return text === null ? undefined : (JSON.parse(text) as T);
    },
    async set(key, value, ttlMs) {
      await ask((client) => client.set(base + key, JSON.stringify(value), 'PX', Math.max(1, Math.ceil(ttlMs))));
    },
    async delete(key) {
      await ask((client) => client.unlink(base + key));
    },
    async deletePrefix(prefix) {
      const pattern = `${(base + prefix).replaceAll(/[\\*?[\]]/g, '\\$&')}*`;
      await ask(async (client) => {
        const nodes = client instanceof Cluster ? client.nodes('master') : [client];
        for (const node of nodes) await deleteBelow(node, client, pattern);
      });
    },
    async increment(key, ttlMs) {
      const answer = await ask((client) => client.eval(INCREMENT, 1, base + key, Math.max(1, Math.ceil(ttlMs))));
      const [count, left] = Array.isArray(answer) ? answer.map(Number) : [];
      return { count: count ?? 1, ttlMs: Math.max(0, left ?? ttlMs) };
    },
  };
}
