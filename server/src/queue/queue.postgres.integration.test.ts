import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#platform/errors.ts';
import { silentLog } from '#platform/log.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import { createBullmqQueues } from './bullmq/bullmq.ts';
import { createPostgresDriver } from './bullmq/postgres.ts';
import { queueContract } from './queue.contract.ts';

queueContract('PostgreSQL', async () => {
  const database = await openTestDatabase();
  const queues = createBullmqQueues({
    driver: createPostgresDriver({ databaseUrl: database.databaseUrl, log: silentLog }),
    log: silentLog,
  });
  return { queues, close: () => database.close() };
});

test('enqueueing fails at once with queue_unavailable when nobody listens', async () => {
  const queues = createBullmqQueues({
    driver: createPostgresDriver({ databaseUrl: 'postgres://sotp@127.0.0.1:1/none', log: silentLog }),
    log: silentLog,
  });
  const before = performance.now();
  await assert.rejects(
    queues.add('a', [{ name: 'x', data: {} }]),
    (error) => error instanceof AppError && error.code === 'queue_unavailable' && error.retryable,
  );
  assert.ok(performance.now() - before < 1_000);
  await queues.close();
});
