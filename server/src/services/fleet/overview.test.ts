import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFleetOverview } from './overview.ts';
import type { FleetOverviewDeps } from './overview.ts';

test('whoever plans and polls is told of a site that is given back, and of nothing when it was nobody’s', async () => {
  const told: unknown[] = [];
  const zones = new Set(['Oslo']);
  const overview = createFleetOverview({
    leases: { dissolveZone: async (site: string) => zones.delete(site) },
    bus: { publish: (topic: string, message: unknown) => void told.push([topic, message]) },
  } as unknown as FleetOverviewDeps);
  assert.equal(await overview.releaseSite('Oslo'), true);
  assert.equal(await overview.releaseSite('Oslo'), false);
  assert.deepEqual(told, [['fleet', { site: 'Oslo' }]]);
});
