import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import { createRedis } from '#stores/redis/redis.ts';
import { noRedis, startTestCluster, startTestRedis } from '#stores/redis/testing.ts';
import { createBullmqQueues } from './bullmq/bullmq.ts';
import { createRedisDriver } from './bullmq/redis.ts';
import { queueContract } from './queue.contract.ts';

function openQueues(url: string) {
  const redis = createRedis({ url, log: silentLog, name: 'test' });
  const queues = createBullmqQueues({ driver: createRedisDriver(redis), log: silentLog });
  return {
    queues,
    async close() {
      await queues.close();
      await redis.close();
    },
  };
}

if (noRedis) {
  test('JobQueues on Redis', { skip: noRedis }, () => undefined);
} else {
  queueContract('Redis', async () => {
    const server = await startTestRedis();
    const { queues, close } = openQueues(server.url);
    return { queues, close: () => close().then(() => server.close()) };
  });

  let cluster: ReturnType<typeof startTestCluster> | undefined;
  let prefixes = 0;
  queueContract('a cluster of Redis', async () => {
    cluster ??= startTestCluster();
    return openQueues(`${(await cluster).url}?prefix=test${prefixes++}`);
  });
  after(() => cluster?.then((started) => started.close()));

  test('enqueueing fails within seconds with queue_unavailable when nobody listens, and when Redis hangs', async () => {
    const nobody = openQueues('redis://127.0.0.1:1');
    const isAway = (error: unknown) =>
      error instanceof AppError && error.code === 'queue_unavailable' && error.retryable;
    const before = performance.now();
    await assert.rejects(nobody.queues.add('a', [{ name: 'x', data: {} }]), isAway);
    assert.ok(performance.now() - before < 4_000);
    await nobody.close();
    const server = await startTestRedis();
    const hung = openQueues(server.url);
    await hung.queues.add('a', [{ name: 'x', data: {} }]);
    await server.admin().client('PAUSE', 8_000, 'ALL');
    await assert.rejects(hung.queues.add('a', [{ name: 'x', data: {} }]), isAway);
    await hung.close();
    await server.close();
  });

  test('a worker opened while Redis is absent works when it comes, and again after it was killed and flushed', async () => {
    const server = await startTestRedis();
    await server.kill();
    const { queues, close } = openQueues(server.url);
    const seen: string[] = [];
    let next = Promise.withResolvers<void>();
    const handle = await queues.work('a', { concurrency: 1 }, async (job) => {
      seen.push(job.name);
      next.resolve();
    });
    /** As the scheduler does: tries until it is taken. */
    async function addUntilTaken(name: string) {
      for (;;) {
        const taken = await queues.add('a', [{ name, data: {} }]).then(
          () => true,
          () => false,
        );
        if (taken) break;
      }
      await next.promise;
      next = Promise.withResolvers<void>();
    }
    await server.start();
    await addUntilTaken('first');
    await server.kill();
    await server.start();
    await addUntilTaken('after a kill');
    await server.admin().flushall();
    await addUntilTaken('after a flush');
    assert.deepEqual(seen, ['first', 'after a kill', 'after a flush']);
    await handle.stop(1_000);
    await close();
    await server.close();
  });
}
