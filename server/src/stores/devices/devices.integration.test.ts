import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { DeviceQuery } from '@sotp/contract/devices.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { createCredentialStore } from './credentials.ts';
import type { CredentialStore, DeviceStore, NewDevice, StateUpdate } from './devices.ts';
import { createDeviceStore } from './postgres.ts';

let db: TestDatabase;
let devices: DeviceStore;
let credentials: CredentialStore;
before(async () => {
  db = await openTestDatabase();
  devices = createDeviceStore(db.pg);
  credentials = createCredentialStore(db.pg);
});
beforeEach(async () => {
  await db.pg.query('truncate device, credential, site_zone, worker_member cascade');
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

test('many devices come back as they were given; when one is there already none is added', async () => {
  const a = await credentials.create('a', 'snmp-v2c');
  const b = await credentials.create('b', 'snmp-v3');
  const first = await devices.create(newDevice('10.0.0.1'));
  const given = [
    newDevice('10.0.0.3', { name: 'q"\'ä\\', site: 'Bern', tags: ['x', 'y'], credentialIds: [b.id, a.id, b.id] }),
    newDevice('10.0.0.2', {
      parentIds: [first],
      collectors: [{ name: 'snmp', intervalSeconds: 5, settings: { a: [1] } }],
    }),
  ];
  const ids = await devices.createMany(given);
  const found = await devices.byEndpoints([...given.map(({ endpoint }) => endpoint), '10.0.0.9:161']);
  for (const [i, { endpoint, credentialIds, ...shown }] of given.entries()) {
    const device = found.get(endpoint);
    assert.deepEqual(device, { ...device, ...shown, id: ids[i], credentialIds: [...new Set(credentialIds)] });
    assert.deepEqual(device, await devices.get(ids[i] ?? 0));
  }
  assert.equal(found.size, 2);
  const more = [newDevice('10.0.0.4'), newDevice('10.0.0.1')];
  await assert.rejects(devices.createMany(more), { code: 'duplicate_device' });
  assert.equal(await devices.byEndpoint('10.0.0.4:161'), undefined);
});

test('a device comes back as it was given, unknown until it is polled', async () => {
  const a = await credentials.create('a', 'snmp-v2c');
  const b = await credentials.create('b', 'snmp-v3');
  const parent = await devices.create(newDevice('10.0.0.1'));
  const given = newDevice('10.0.0.2', {
    site: 'Bern',
    tags: ['x', 'y'],
    credentialIds: [b.id, a.id],
    parentIds: [parent],
  });
  const id = await devices.create(given);
  const device = await devices.get(id);
  const { endpoint, ...shown } = given;
  assert.deepEqual({ ...shown, ...device }, device);
  assert.equal(device?.status, 'unknown');
  assert.equal(device?.lastSeenAt, null);
  assert.deepEqual((await devices.byEndpoint(endpoint))?.id, id);
  assert.deepEqual(
    (await devices.getMany([id, parent, 999_999])).map((d) => d.id),
    [parent, id],
  );
  assert.equal(await devices.get(3_000_000_000), undefined);
});

test('two devices of one endpoint are a duplicate_device; unknown credentials are validation_failed', async () => {
  await devices.create(newDevice('10.0.0.1'));
  await assert.rejects(devices.create(newDevice('10.0.0.1')), { code: 'duplicate_device' });
  await assert.rejects(devices.create(newDevice('10.0.0.2', { credentialIds: [77] })), { code: 'validation_failed' });
  const other = await devices.create(newDevice('10.0.0.3'));
  await assert.rejects(devices.update(other, { endpoint: '10.0.0.1:161' }), { code: 'duplicate_device' });
});

test('update changes what it names and nothing else; remove removes', async () => {
  const id = await devices.create(newDevice('10.0.0.1', { site: 'Bern', tags: ['x'] }));
  assert.equal(await devices.update(id, { name: 'core', site: null, disabled: true }), true);
  const device = await devices.get(id);
  assert.equal(device?.name, 'core');
  assert.equal(device?.site, null);
  assert.deepEqual(device?.tags, ['x']);
  assert.equal(device?.status, 'disabled');
  assert.equal(await devices.remove(id), true);
  assert.equal(await devices.remove(id), false);
  assert.equal(await devices.update(id, { name: 'x' }), false);
});

test('writeState answers only changes of what is visible, folds a batch, and ignores runs that come late', async () => {
  const ids = await Promise.all(
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => devices.create(newDevice(address))),
  );
  const [a = 0, b = 0, c = 0] = ids;
  await devices.update(c, { disabled: true });
  const at = Date.now();
  const down = { status: 'down', reason: 'No answer.', seen: false } as const;
  assert.deepEqual(
    await devices.writeState([
      update(b, at),
      update(a, at),
      update(c, at),
      update(a, at + 10, down),
      update(999_999, at),
    ]),
    [
      { deviceId: a, status: 'down' },
      { deviceId: b, status: 'up' },
    ].toSorted((x, y) => x.deviceId - y.deviceId),
  );
  const state = await devices.get(a);
  assert.equal(state?.statusReason, 'No answer.');
  assert.equal(state?.lastSeenAt, at);
  assert.deepEqual(await devices.writeState([update(a, at - 1_000), update(b, at + 1)]), []);
  assert.equal((await devices.get(a))?.status, 'down');
  const snmp = { run: { name: 'snmp', up: true, at, durationMs: 9, error: null, credentialId: '4' } };
  await devices.writeState([update(a, at, { ...snmp, status: 'degraded' })]);
  assert.deepEqual((await devices.get(a))?.runs.map((run) => run.name).toSorted(), ['icmp', 'snmp']);
});

test('facts replace section by section; the head is searchable and shown', async () => {
  const id = await devices.create(newDevice('10.0.0.1'));
  assert.deepEqual((await devices.inventory(id))?.interfaces, []);
  const system = {
    sysObjectId: '1.3.6.1.4.1.9.1.1',
    sysDescr: 'an odd \u0000 byte',
    sysName: 'Core-1',
    location: 'Rack 100%',
    contact: null,
    uptimeSeconds: 12,
    vendor: 'Cisco',
    model: 'C9300',
    os: null,
    osVersion: null,
    serial: 'FOC1',
  };
  const at = Date.now();
  await devices.writeFacts(id, at, { system, vlans: [{ id: 1, name: 'default' }] });
  await devices.writeFacts(id, at + 1, { vlans: [{ id: 2, name: 'two' }] });
  await devices.writeFacts(id, at - 1_000, { vlans: [] });
  const inventory = await devices.inventory(id);
  assert.deepEqual(inventory?.vlans, [{ id: 2, name: 'two' }]);
  assert.equal(inventory?.system.vendor, 'Cisco');
  const device = await devices.get(id);
  assert.equal(device?.system.uptimeSeconds, 12);
  assert.equal(device?.factsAt, at + 1);
  await devices.writeUptimes([
    { deviceId: id, at: at + 300_000, uptimeSeconds: 312 },
    { deviceId: id, at: at + 600_000, uptimeSeconds: 612 },
    { deviceId: id + 1, at, uptimeSeconds: 1 },
  ]);
  await devices.writeUptimes([{ deviceId: id, at: at + 300_000, uptimeSeconds: 312 }]);
  const later = await devices.get(id);
  assert.deepEqual([later?.system.uptimeSeconds, later?.system.sysName, later?.factsAt], [612, 'Core-1', at + 600_000]);
  for (const search of ['core-1', 'CISCO c93', 'foc1', '100%', '0.0.1']) {
    assert.equal((await devices.list(query({ search }), {})).items.length, 1, search);
  }
  for (const search of ['core%1', 'cisco nope', 'c_300']) {
    assert.equal((await devices.list(query({ search }), {})).items.length, 0, search);
  }
  assert.equal(await devices.inventory(id + 1), undefined);
  await devices.writeFacts(id + 1, at, { vlans: [] });
});

test('every sort pages through all devices once, in both orders, and the order holds', async () => {
  const vendors = ['Cisco', null, 'arista', 'Juniper', null];
  const statuses = ['up', 'down', 'degraded'] as const;
  for (let i = 0; i < 25; i++) {
    const id = await devices.create(
      newDevice(`10.0.0.${i + 1}`, { name: `sw${i}`, site: i % 3 ? `site ${i % 3}` : null }),
    );
    const vendor = vendors[i % 5] ?? null;
    await db.pg.query('update device set vendor = $2, model = $2 where id = $1', [id, vendor]);
    if (i % 4) await devices.writeState([update(id, Date.now() - i * 1000, { status: statuses[i % 3] ?? 'up' })]);
  }
  for (const sort of ['name', 'address', 'status', 'vendor', 'model', 'site', 'lastSeenAt', 'createdAt'] as const) {
    const walk = async (order: string) => {
      const seen: { id: number; name: string }[] = [];
      let cursor: string | null = null;
      do {
        const page = await devices.list(query({ sort, order, limit: 7, ...(cursor ? { cursor } : {}) }), {});
        seen.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor);
      return seen.map((device) => device.name);
    };
    const up = await walk('asc');
    assert.equal(new Set(up).size, 25, sort);
    assert.deepEqual(await walk('desc'), up.toReversed(), sort);
    if (sort === 'name') assert.deepEqual(up.slice(0, 3), ['sw0', 'sw1', 'sw2']);
  }
});

test('filters narrow, a scope hides, a foreign cursor is bad_request', async () => {
  await devices.create(newDevice('10.0.0.1', { site: 'Bern', tags: ['core'] }));
  const b = await devices.create(newDevice('10.0.0.2', { site: 'Genf', tags: ['edge', 'core'] }));
  await devices.create(newDevice('10.0.0.3'));
  await devices.writeState([update(b, Date.now())]);
  await db.pg.query(`update device set vendor = 'Cisco' where id = $1`, [b]);
  const count = async (q: Record<string, unknown>, scope = {}) => (await devices.list(query(q), scope)).items.length;
  assert.equal(await count({}), 3);
  assert.equal(await count({ site: 'Bern' }), 1);
  assert.equal(await count({ tag: 'core' }), 2);
  assert.equal(await count({ status: 'up' }), 1);
  assert.equal(await count({ vendor: 'cisco' }), 1);
  assert.equal(await count({}, { sites: ['Genf'] }), 1);
  assert.equal(await count({ site: 'Bern' }, { sites: ['Genf'] }), 0);
  assert.equal((await devices.summary({ sites: ['Genf'] })).get('up'), 1);
  for (const cursor of ['x', Buffer.from('["site","asc",[],1]').toString('base64url')]) {
    await assert.rejects(count({ cursor }), { code: 'bad_request' });
  }
});

test('schedule lists what is to be polled', async () => {
  const collectors = [
    { name: 'icmp', intervalSeconds: 10, settings: {} },
    { name: 'snmp', intervalSeconds: 60, settings: {} },
  ];
  const a = await devices.create(newDevice('10.0.0.1', { collectors }));
  const b = await devices.create(newDevice('10.0.0.2'));
  await devices.update(b, { disabled: true });
  assert.deepEqual(await devices.schedule(), [
    { deviceId: a, collector: 'icmp', intervalSeconds: 10, zone: 0 },
    { deviceId: a, collector: 'snmp', intervalSeconds: 60, zone: 0 },
  ]);
  const c = await devices.create(newDevice('10.0.0.3', { collectors }));
  assert.deepEqual(
    (await devices.schedule([b, c])).map(({ deviceId, collector }) => [deviceId, collector]),
    [
      [c, 'icmp'],
      [c, 'snmp'],
    ],
  );
});

test('maintenance shows while it lasts, whatever polls find, and hides nothing afterwards', async () => {
  const id = await devices.create(newDevice('10.0.0.1'));
  await devices.update(id, { maintenance: { until: Date.now() + 3_600_000, note: 'new fans' } });
  const told = await devices.writeState([update(id, Date.now(), { status: 'down', reason: 'No answer.' })]);
  assert.deepEqual(told, []);
  const during = await devices.get(id);
  assert.deepEqual([during?.status, during?.statusReason], ['maintenance', 'new fans']);
  assert.equal((await devices.list(query({ status: 'maintenance' }), {})).items.length, 1);
  assert.equal((await devices.summary({})).get('maintenance'), 1);
  await devices.update(id, { maintenance: { until: null, note: null } });
  assert.equal((await devices.get(id))?.maintenance?.since, during?.maintenance?.since);
  await db.pg.query(`update device set maintenance_until = now() - interval '1 second'`);
  const after = await devices.get(id);
  assert.deepEqual([after?.status, after?.statusReason, after?.maintenance], ['down', 'No answer.', null]);
  await devices.update(id, { maintenance: null });
  assert.equal((await devices.get(id))?.status, 'down');
});

test('credentials: names are unique, and one in use cannot be removed', async () => {
  const a = await credentials.create('a', 'snmp-v2c');
  const b = await credentials.create('b', 'ssh-key');
  await assert.rejects(credentials.create('a', 'snmp-v1'), { code: 'conflict' });
  await assert.rejects(credentials.touch(b.id, 'a'), { code: 'conflict' });
  const device = await devices.create(newDevice('10.0.0.1', { credentialIds: [a.id] }));
  await assert.rejects(credentials.remove(a.id), { code: 'conflict' });
  assert.deepEqual(await credentials.devicesUsing(a.id), [device]);
  assert.equal((await credentials.getCounted(a.id))?.deviceCount, 1);
  assert.deepEqual(
    (await credentials.list(a.id, 10)).map((c) => c.name),
    ['b'],
  );
  assert.equal(await credentials.touch(b.id, 'c'), true);
  assert.equal((await credentials.get(b.id))?.name, 'c');
  assert.equal(await credentials.remove(b.id), true);
  assert.equal(await credentials.get(b.id), undefined);
});
