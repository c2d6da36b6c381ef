import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEVICE_STATUSES, DeviceQuery } from '@sotp/contract/devices.ts';
import type { DeviceStatus } from '@sotp/contract/devices.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { createBlindDeviceStore } from './blind.ts';
import type { DeviceStore } from './devices.ts';
import { createDeviceStore } from './postgres.ts';

let db: TestDatabase;
let devices: DeviceStore;
before(async () => {
  db = await openTestDatabase();
  devices = createDeviceStore(db.pg);
});
after(() => db.close());

const RUN = { name: 'icmp', up: true, durationMs: 3, error: null, credentialId: null };
const query = (q: Record<string, unknown>) => DeviceQuery.parse(q);

function create(address: string, site: string | null): Promise<number> {
  const collectors = [{ name: 'icmp', intervalSeconds: 60, settings: {} }];
  const endpoint = `${address}:161`;
  return devices.create({
    name: address,
    address,
    endpoint,
    site,
    tags: [],
    credentialIds: [],
    collectors,
    parentIds: [],
  });
}

test('counts by status are those of the lists by status, for all and for sites', async () => {
  const sites = ['Bern', 'Genf', null];
  for (let i = 0; i < 24; i++) {
    const id = await create(`10.0.1.${i}`, sites[i % 3] ?? null);
    if (i % 5 > 0) {
      const status = (['up', 'degraded', 'down', 'unknown'] as const)[i % 4] ?? 'up';
      const validUntil = Date.now() + (i % 7 === 0 ? -1_000 : 60_000);
      await devices.writeState([
        { deviceId: id, run: { ...RUN, at: Date.now() }, status, reason: null, validUntil, seen: true },
      ]);
    }
    if (i % 6 === 0) await devices.update(id, { disabled: true });
    if (i % 4 === 0) await devices.update(id, { maintenance: { until: null, note: null } });
    if (i % 8 === 0)
      await db.pg.query(`update device set maintenance_until = now() - interval '1 s' where id = $1`, [id]);
  }
  for (const scope of [{}, { sites: ['Bern'] }, { sites: ['Bern', 'Genf'] }, { sites: [] }]) {
    const listed: [DeviceStatus, number][] = [];
    for (const status of DEVICE_STATUSES) {
      const { items } = await devices.list(query({ status }), scope);
      assert.ok(items.every((device) => device.status === status));
      if (items.length > 0) listed.push([status, items.length]);
    }
    const counted = [...(await devices.summary(scope))];
    assert.deepEqual(counted.toSorted(), listed.toSorted());
    const blind = await createBlindDeviceStore(db.pg).unwatched(scope, 1);
    const known = ['up', 'degraded', 'down'];
    assert.equal(
      blind.reduce((sum, { count }) => sum + count, 0),
      counted.reduce((sum, [status, n]) => sum + (known.includes(status) ? 0 : n), 0),
      'as many are told as blind spots',
    );
    assert.equal(
      counted.reduce((sum, [, n]) => sum + n, 0),
      (await devices.list(query({}), scope)).items.length,
    );
  }
});
