import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '#platform/log.ts';
import { createPostgres } from '#stores/postgres/postgres.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { busContract } from './bus.contract.ts';
import { createPostgresBus } from './postgres/postgres.ts';

let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());

busContract(() => createPostgresBus({ pg: db.pg, log: silentLog }));

test('a listener whose connection is killed comes back and says that there was a gap', async () => {
  const bus = createPostgresBus({ pg: db.pg, log: silentLog });
  const gap = new Promise<void>((resolve) => bus.onGap?.(resolve));
  const arrived = new Promise<unknown>((resolve) => void bus.subscribe('devices', resolve));
  await bus.subscribe('tasks', () => undefined);
  await db.pg.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and datname = current_database()`,
  );
  await gap;
  bus.publish('devices', 'after');
  assert.equal(await arrived, 'after');
  await bus.close();
});

test('with the database away publish neither throws nor grows without bound, and counts what it drops', async () => {
  const pg = createPostgres({ databaseUrl: 'postgres://x@127.0.0.1:1/x', log: silentLog });
  const bus = createPostgresBus({ pg, log: silentLog });
  for (let n = 0; n < 25_000; n++) bus.publish('devices', n);
  await bus.flush();
  assert.equal(bus.dropped(), 25_000);
  await assert.rejects(
    bus.subscribe('devices', () => undefined),
    { code: 'database_unavailable' },
  );
  await bus.close();
  await pg.stop();
});
