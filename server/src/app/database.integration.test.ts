import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { resolveConfig } from '#app/config/load.ts';
import { createPostgresLeases } from '#stores/leases/postgres.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { agreeOnPartitions } from './database.ts';

let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());

const start = (env: Record<string, string>) => agreeOnPartitions(db.databaseUrl, resolveConfig({ env, options: {} }));

test('hubs plan for two partitions a collector process unless told otherwise, and never for others than those at work', async () => {
  const collector = { SOTP_ROLES: 'collector', SOTP_COLLECTORS: '1' };
  assert.equal(await start(collector), 4);
  assert.equal(await start({ SOTP_COLLECTORS: '1' }), 4);
  assert.equal(await start({ SOTP_COLLECTORS: '8' }), 16);
  assert.equal(await start(collector), 16);
  const worker = { id: 'w', host: 'h', pid: 1, name: 'w', sites: [] };
  await createPostgresLeases(db.pg).beat(worker, 16, 60_000);
  // A second hub, on a machine of fewer cores.
  assert.equal(await start({ SOTP_COLLECTORS: '2' }), 16);
  assert.equal(await start({ SOTP_COLLECTORS: '2', SOTP_PARTITIONS: '32' }), 32);
});
