import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { createSettingsStore } from './postgres.ts';

let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());

test('settings are kept as JSON, and setOnce lets one of racing callers win', async () => {
  const settings = createSettingsStore(db.pg);
  assert.equal(await settings.get('a'), undefined);
  await settings.set('a', { n: [1, null, 'x'] });
  assert.deepEqual(await settings.get('a'), { n: [1, null, 'x'] });
  await settings.set('a', 'text');
  assert.equal(await settings.get('a'), 'text');
  const won = await Promise.all([1, 2, 3].map((n) => settings.setOnce('b', n)));
  assert.equal(new Set(won).size, 1);
  await settings.delete('a');
  assert.equal(await settings.get('a'), undefined);
});
