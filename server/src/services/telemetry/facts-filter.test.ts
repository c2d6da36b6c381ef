import assert from 'node:assert/strict';
import test from 'node:test';
import { emptyInventory } from '@sotp/contract/inventory.ts';
import { systemClock } from '#platform/clock.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
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

test('a device of which only the uptime moved is told from one that says something new', () => {
  const clock = createFakeClock();
  const filter = createFactsFilter(clock);
  const system = (uptimeSeconds: number, sysName = 'a') => ({
    system: { ...emptyInventory().system, sysName, uptimeSeconds },
  });
  filter.news(1, system(1), false);
  assert.equal(filter.onlyUptime(1), false);
  assert.deepEqual(filter.news(1, system(301), true), system(301));
  assert.equal(filter.onlyUptime(1), true);
  filter.news(1, system(302, 'b'), true);
  assert.equal(filter.onlyUptime(1), false);
  filter.news(1, { ...system(303, 'b'), vlans: [] }, true);
  assert.equal(filter.onlyUptime(1), false);
});
