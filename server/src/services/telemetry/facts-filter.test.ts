import assert from 'node:assert/strict';
import test from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { createFactsFilter } from './facts-filter.ts';

test('the same section is no news, unless the one before was cut short', () => {
  const filter = createFactsFilter(systemClock);
  const facts = { vlans: [{ id: 1, name: 'default' }] };
  assert.deepEqual(filter.news(1, facts, false), facts);
  assert.equal(filter.news(1, facts, false), undefined);
  assert.deepEqual(filter.news(1, { vlans: [] }, false, ['vlans']), { vlans: [] });
  assert.deepEqual(filter.news(1, { vlans: [] }, false), { vlans: [] });
  assert.equal(filter.news(1, { vlans: [] }, false), undefined);
});
