import { after, before } from 'node:test';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { cacheContract } from './cache.contract.ts';
import { createPostgresCache } from './postgres/postgres.ts';

let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());

cacheContract(() => createPostgresCache(db.pg));
