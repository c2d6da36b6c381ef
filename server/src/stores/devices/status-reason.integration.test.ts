import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { DeviceQuery } from '@sotp/contract/devices.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import type { DeviceStore, NewDevice, StateUpdate } from './devices.ts';
import { createDeviceStore } from './postgres.ts';

let db: TestDatabase;
let devices: DeviceStore;
before(async () => {
  db = await openTestDatabase();
  devices = createDeviceStore(db.pg);
});
beforeEach(async () => {
  await db.pg.query('truncate device, site_zone, worker_member, schedule_head cascade');
});
after(() => db.close());

const newDevice = (address: string, more: Partial<NewDevice> = {}): NewDevice => ({
  name: address,
  address,
  endpoint: `${address}:161`,
  site: null,
  tags: [],
  credentialIds: [],
  collectors: [{ name: 'icmp', intervalSeconds: 60, settings: { count: 3 } }],
  parentIds: [],
  ...more,
});
const query = (q: Record<string, unknown> = {}) => DeviceQuery.parse(q);
const update = (deviceId: number, at: number, more: Partial<StateUpdate> = {}): StateUpdate => ({
  deviceId,
  run: { name: 'icmp', up: true, at, durationMs: 3, error: null, credentialId: null },
  status: 'up',
  reason: null,
  validUntil: Date.now() + 60_000,
  seen: true,
  ...more,
});

async function member(id: string, sites: string[] | null): Promise<void> {
  await db.pg.query(
    `insert into worker_member (id, host, pid, sites, seen_until) values ($1, 'here', 1, $2, now() + interval '1 hour')`,
    [id, sites],
  );
}

/** The hub has planned until so many seconds from now. */
async function planUntil(seconds: number): Promise<void> {
  await db.pg.query(
    `insert into schedule_head (planned_until) values (now() + $1 * interval '1 second')
     on conflict (only_row) do update set planned_until = excluded.planned_until`,
    [seconds],
  );
}

test('the code of a status is the fault of the newest failing run, and none while it is up', async () => {
  const id = await devices.create(newDevice('10.0.0.7'));
  const at = Date.now();
  const code = async () => (await devices.get(id))?.statusCode;
  await devices.writeState([update(id, at)]);
  assert.equal(await code(), null);
  const error = { code: 'snmp_wrong_digest', message: 'The key is wrong.' } as const;
  await devices.writeState([
    update(id, at + 1, {
      status: 'down',
      reason: 'The key is wrong.',
      run: { ...update(id, at + 1).run, up: false, error },
    }),
  ]);
  assert.equal(await code(), 'snmp_wrong_digest');
  await devices.update(id, { disabled: true });
  assert.equal(await code(), 'disabled');
  const bare = await devices.create(newDevice('10.0.0.8', { collectors: [] }));
  const { status, statusCode } = (await devices.get(bare))!;
  assert.deepEqual([status, statusCode], ['unknown', 'no_collectors']);
});

test('a status that nobody confirms in time reads unknown, since the moment it expired', async () => {
  const id = await devices.create(newDevice('10.0.0.1'));
  const at = Date.now();
  assert.deepEqual(await devices.writeState([update(id, at)]), [{ deviceId: id, status: 'up' }]);
  assert.equal((await devices.get(id))?.statusSince, at);
  const validUntil = Date.now() - 5;
  await devices.writeState([update(id, at + 1, { validUntil })]);
  const device = await devices.get(id);
  assert.equal(device?.status, 'unknown');
  assert.equal(device?.statusSince, validUntil);
  assert.match(device?.statusReason ?? '', /^No collector is running/);
  assert.equal(device?.statusCode, 'no_process');
  await member('any', null);
  assert.equal((await devices.get(id))?.statusCode, 'no_plan');
  await planUntil(20);
  assert.match((await devices.get(id))?.statusReason ?? '', /in time/);
  assert.equal((await devices.get(id))?.statusCode, 'late');
  await planUntil(-20);
  assert.match((await devices.get(id))?.statusReason ?? '', /^No hub plans polls/);
  assert.deepEqual((await devices.summary({})).get('unknown'), 1);
  // The next poll that succeeds is a change again, although the stored word is the same.
  assert.deepEqual(await devices.writeState([update(id, at + 2)]), [{ deviceId: id, status: 'up' }]);
});

test('a site without the collector that is pinned to it: its devices say so, the others do not', async () => {
  await devices.create(newDevice('10.0.0.1', { site: 'Oslo' }));
  await devices.create(newDevice('10.0.0.2', { site: 'Bern' }));
  await member('any', null);
  await planUntil(20);
  const reasons = async () => (await devices.list(query(), {})).items.map(({ statusReason }) => statusReason);
  assert.deepEqual(await reasons(), ['It has not been polled yet.', 'It has not been polled yet.']);
  await db.pg.query(`insert into site_zone (site) values ('Oslo')`);
  assert.match((await reasons())[0] ?? '', /^No collector serves the site “Oslo”/);
  assert.deepEqual(
    (await devices.schedule()).map(({ zone }) => zone > 0),
    [true, false],
  );
  await member('far', ['Oslo']);
  assert.deepEqual(await reasons(), ['It has not been polled yet.', 'It has not been polled yet.']);
});
