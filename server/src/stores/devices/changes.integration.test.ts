import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';
import { emptyInventory } from '@sotp/contract/inventory.ts';
import type { InterfaceFacts, Inventory } from '@sotp/contract/inventory.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import type { TestDatabase } from '#stores/postgres/testing.ts';
import { createDeviceStore } from './postgres.ts';
import type { DeviceStore } from './devices.ts';

let database: TestDatabase;
let devices: DeviceStore;
let id: number;
let at = Date.parse('2026-11-23T12:00:00Z');

before(async () => {
  database = await openTestDatabase();
  devices = createDeviceStore(database.pg);
});
after(() => database.close());
beforeEach(async () => {
  at += 1000;
  const endpoint = `10.0.0.1:${at}`;
  const nothing = { site: null, tags: [], credentialIds: [], collectors: [], parentIds: [] };
  id = await devices.create({ name: endpoint, address: '10.0.0.1', endpoint, ...nothing });
});

const system = (more: Partial<Inventory['system']>) => ({ ...emptyInventory().system, ...more });
const port = (ifName: string, speedBps = 1e9, ifIndex = 1): InterfaceFacts => ({
  ifIndex,
  ifName,
  ifDescr: null,
  ifAlias: null,
  ifType: 6,
  ifMtu: 1500,
  speedBps,
  mac: null,
  adminStatus: 'up',
  operStatus: 'up',
});
const write = (facts: Partial<Inventory>, partial?: readonly string[]) => devices.writeFacts(id, ++at, facts, partial);
const told = async () =>
  (await devices.changes(id, undefined, 100)).map(({ kind, subject, before, after }) => [kind, subject, before, after]);

test('a first reading is no change; what differs at the next is told once, with before and after', async () => {
  const facts = { system: system({ osVersion: '1\u0000', serial: 'A', uptimeSeconds: 1 }), interfaces: [port('Gi1')] };
  await write(facts);
  await write({ ...facts, system: { ...facts.system, uptimeSeconds: 2 } });
  assert.deepEqual(await told(), []);
  const next = {
    system: system({ osVersion: '2', serial: 'A' }),
    interfaces: [port('Gi1', 1e8), port('Gi2', 1e9, 2)],
    neighbors: [{ protocol: 'lldp', localIfIndex: 1, remoteName: 'sw', remotePort: 'p1' }],
  };
  await write(next);
  const changed = at;
  const expected = [
    ['appeared', 'Gi2', null, { speedBps: 1e9 }],
    ['changed', 'Gi1', { speedBps: 1e9 }, { speedBps: 1e8 }],
    ['changed', 'osVersion', { osVersion: '1\ufffd' }, { osVersion: '2' }],
  ];
  assert.deepEqual(await told(), expected);
  await write(next);
  // The same batch once more, as after a crash between two writes, and one that comes late.
  await devices.writeFacts(id, changed, next);
  await devices.writeFacts(id, changed - 2, facts);
  assert.deepEqual(await told(), expected);
  assert.ok((await devices.changes(id, undefined, 100)).every((change) => change.at === changed));

  await write({ neighbors: [{ protocol: 'lldp', localIfIndex: 1, remoteName: 'sw', remotePort: 'p2' }] });
  assert.deepEqual((await told())[0], ['changed', 'Gi1 (LLDP)', { remotePort: 'p1' }, { remotePort: 'p2' }]);
});

test('what a fault has cut short is stored and tells nothing, then or later', async () => {
  const whole = { interfaces: [port('Gi1'), port('Gi2', 1e9, 2), port('Gi3', 1e9, 3)] };
  await write(whole);
  await write({ interfaces: [port('Gi1')] }, ['interfaces']);
  await write({ interfaces: [port('Gi1'), port('Gi2', 1e9, 2)] }, ['interfaces']);
  assert.equal((await devices.inventory(id))?.interfaces.length, 2);
  await write(whole);
  assert.deepEqual(await told(), []);

  await write({ interfaces: [port('Gi1')] }, ['interfaces']);
  await write({ interfaces: [port('Gi1')] });
  assert.deepEqual(
    (await told()).map(([kind, subject]) => [kind, subject]),
    [
      ['vanished', 'Gi3'],
      ['vanished', 'Gi2'],
    ],
  );
});

test('a first reading that was cut short is nothing to compare with', async () => {
  await write({ interfaces: [port('Gi1')] }, ['interfaces']);
  await write({ interfaces: [port('Gi1'), port('Gi2', 1e9, 2)] });
  assert.deepEqual(await told(), []);
  await write({ interfaces: [port('Gi1')] });
  assert.equal((await told()).length, 1);
});

test('a device that seems to have lost all its ports has not been read well', async () => {
  const whole = { interfaces: [port('Gi1')] };
  await write(whole);
  await write({ interfaces: [] });
  await write(whole);
  assert.deepEqual(await told(), []);
});

test('changes come by pages, go with their device, and after their time', async () => {
  for (let version = 0; version <= 5; version++) await write({ system: system({ osVersion: String(version) }) });
  const first = await devices.changes(id, undefined, 3);
  const rest = await devices.changes(id, first.at(-1)?.id, 3);
  assert.deepEqual(
    [...first, ...rest].map(({ after }) => after?.['osVersion']),
    ['5', '4', '3', '2', '1'],
  );
  assert.equal(await devices.pruneChanges(Date.parse('2026-11-01T00:00:00Z')), 0);
  const kept = first[1]?.at ?? 0;
  assert.ok((await devices.pruneChanges(kept)) >= 3);
  assert.equal((await devices.changes(id, undefined, 100)).length, 2);
  await devices.remove(id);
  assert.deepEqual(await devices.changes(id, undefined, 100), []);
});
