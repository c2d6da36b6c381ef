import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import fc from 'fast-check';
import { CHANGE_SECTIONS } from '@sotp/contract/changes.ts';
import type { ChangeSection } from '@sotp/contract/changes.ts';
import { emptyInventory } from '@sotp/contract/inventory.ts';
import type { HardwareFacts, InterfaceFacts, Inventory, NeighborFacts } from '@sotp/contract/inventory.ts';
import { applyChanges, changesBetween, comparedViews, isImplausible } from './changes.ts';

const none = emptyInventory();
const text = fc.option(fc.constantFrom('a', 'b', 'c', 'a, 1', 'a #2'), { nil: null });
const index = fc.integer({ min: 1, max: 5 });
const speed = fc.option(fc.constantFrom(0, 1e9, 1e10), { nil: null });

const port = (more: Partial<InterfaceFacts>): InterfaceFacts => ({
  ifIndex: 1,
  ifName: null,
  ifDescr: null,
  ifAlias: null,
  ifType: 6,
  ifMtu: 1500,
  speedBps: null,
  mac: null,
  adminStatus: 'up',
  operStatus: 'up',
  ...more,
});
const part = (more: Partial<HardwareFacts>): HardwareFacts => ({
  index: 1,
  parentIndex: null,
  class: 'module',
  name: null,
  description: null,
  model: null,
  serial: null,
  hardwareRev: null,
  firmwareRev: null,
  softwareRev: null,
  ...more,
});
const neighbor = (more: Partial<NeighborFacts>): NeighborFacts => ({
  protocol: 'lldp',
  localIfIndex: 1,
  remoteName: null,
  remotePort: null,
  ...more,
});

const kinds = fc.constantFrom('module', 'port', 'sensor', null);
const reading: fc.Arbitrary<Inventory> = fc
  .record({
    system: fc.record({ sysName: text, location: text, model: text, osVersion: text, serial: text }),
    interfaces: fc.uniqueArray(fc.record({ ifIndex: index, ifName: text, speedBps: speed }), {
      selector: ({ ifIndex }) => ifIndex,
    }),
    hardware: fc.array(fc.record({ index, class: kinds, name: text, model: text, serial: text }), { maxLength: 6 }),
    neighbors: fc.array(
      fc.record({ protocol: fc.constantFrom('lldp', 'cdp'), localIfIndex: index, remoteName: text, remotePort: text }),
      { maxLength: 6 },
    ),
  })
  .map(({ system, interfaces, hardware, neighbors }) => ({
    ...none,
    system: { ...none.system, ...system },
    interfaces: interfaces.map(port),
    hardware: hardware.map(part),
    neighbors: neighbors.map(neighbor),
  }));

function between(section: ChangeSection, before: Partial<Inventory>, after: Partial<Inventory>) {
  const views = comparedViews(section, { ...none, ...before }, { ...none, ...after });
  return changesBetween(section, ...views);
}

describe('for any two readings and every section', () => {
  test('what did not change gives no event, in whatever order its rows come', () => {
    fc.assert(
      fc.property(reading, (one) => {
        const turned = {
          ...one,
          interfaces: one.interfaces.toReversed(),
          hardware: one.hardware.toReversed(),
          neighbors: one.neighbors.toReversed(),
        };
        for (const section of CHANGE_SECTIONS) {
          const [before, after] = comparedViews(section, one, turned);
          assert.deepEqual(changesBetween(section, before, after), []);
        }
      }),
    );
  });

  test('the events lead from the one to the other, and their reverse back', () => {
    fc.assert(
      fc.property(reading, reading, (one, other) => {
        for (const section of CHANGE_SECTIONS) {
          const [before, after] = comparedViews(section, one, other);
          const changes = changesBetween(section, before, after);
          assert.deepEqual(sorted(applyChanges(before, changes)), sorted(after));
          const back = changes.map((change) => ({ ...change, before: change.after, after: change.before }));
          assert.deepEqual(sorted(applyChanges(after, back)), sorted(before));
          for (const change of changes) assert.notDeepEqual(change.before, change.after);
        }
      }),
    );
  });

  test('the order of rows changes no event', () => {
    fc.assert(
      fc.property(reading, reading, (one, other) => {
        const turned = {
          ...other,
          interfaces: other.interfaces.toReversed(),
          hardware: other.hardware.toReversed(),
          neighbors: other.neighbors.toReversed(),
        };
        for (const section of CHANGE_SECTIONS) {
          const straight = changesBetween(section, ...comparedViews(section, one, other));
          assert.deepEqual(changesBetween(section, ...comparedViews(section, one, turned)), straight);
        }
      }),
    );
  });
});

function sorted(view: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...view].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

test('a field of the system is an event of its own', () => {
  const before = { system: { ...none.system, osVersion: '17.3', serial: 'A', uptimeSeconds: 9 } };
  const after = { system: { ...none.system, osVersion: '17.6', serial: 'A', uptimeSeconds: 1 } };
  assert.deepEqual(between('system', before, after), [
    {
      section: 'system',
      kind: 'changed',
      subject: 'osVersion',
      before: { osVersion: '17.3' },
      after: { osVersion: '17.6' },
    },
  ]);
});

test('ports that get other indexes at a restart are the same ports', () => {
  const before = [port({ ifIndex: 1, ifName: 'Gi1', speedBps: 1e9 }), port({ ifIndex: 2, ifName: 'Gi2' })];
  const after = [port({ ifIndex: 8, ifName: 'Gi1', speedBps: 1e8 }), port({ ifIndex: 9, ifName: 'Gi2' })];
  assert.deepEqual(between('interfaces', { interfaces: before }, { interfaces: after }), [
    { section: 'interfaces', kind: 'changed', subject: 'Gi1', before: { speedBps: 1e9 }, after: { speedBps: 1e8 } },
  ]);
});

test('of two power supplies of one name the one that was pulled is named by its serial', () => {
  const psu = (index: number, serial: string) => part({ index, class: 'powerSupply', name: 'PSU', serial });
  const changes = between('hardware', { hardware: [psu(1, 'A'), psu(2, 'B')] }, { hardware: [psu(2, 'B')] });
  assert.deepEqual(
    changes.map(({ kind, subject }) => [kind, subject]),
    [['vanished', 'PSU, A']],
  );
});

test('another serial in the same slot is a change; sensors are no parts, a transceiver in a port is', () => {
  const slot = (serial: string) => part({ name: 'Slot 1', serial });
  assert.deepEqual(between('hardware', { hardware: [slot('A')] }, { hardware: [slot('B')] }), [
    { section: 'hardware', kind: 'changed', subject: 'Slot 1', before: { serial: 'A' }, after: { serial: 'B' } },
  ]);
  const sensor = part({ class: 'sensor', name: 'Temp' });
  assert.deepEqual(between('hardware', {}, { hardware: [sensor, part({ class: 'port', name: 'Te1' })] }), []);
  const [optic] = between('hardware', {}, { hardware: [part({ class: 'port', name: 'Te1', serial: 'X' })] });
  assert.deepEqual([optic?.kind, optic?.subject], ['appeared', 'Te1']);
});

test('another neighbor on a port is a change of that port, under its name', () => {
  const interfaces = [port({ ifName: 'Gi1' })];
  const before = { neighbors: [neighbor({ remoteName: 'a', remotePort: 'p1' })] };
  const after = { interfaces, neighbors: [neighbor({ remoteName: 'b', remotePort: 'p1' })] };
  assert.deepEqual(between('neighbors', before, after), [
    {
      section: 'neighbors',
      kind: 'changed',
      subject: 'Gi1 (LLDP)',
      before: { remoteName: 'a' },
      after: { remoteName: 'b' },
    },
  ]);
  const [gone] = between('neighbors', before, { interfaces });
  assert.deepEqual([gone?.kind, gone?.after], ['vanished', null]);
});

test('a neighbor on a port that has another index now is the same; one at another port is not', () => {
  const at = (localIfIndex: number, ...interfaces: InterfaceFacts[]) => ({
    interfaces,
    neighbors: [neighbor({ localIfIndex, remoteName: 'a' })],
  });
  const [gi1, gi2] = [port({ ifName: 'Gi1' }), port({ ifIndex: 2, ifName: 'Gi2' })];
  // Index 1 belongs to another port after the restart.
  const after = at(8, { ...gi1, ifIndex: 8 }, { ...gi2, ifIndex: 1 });
  assert.deepEqual(between('neighbors', at(1, gi1, gi2), after), []);
  assert.deepEqual(
    between('neighbors', at(1, gi1, gi2), at(2, gi1, gi2)).map(({ kind, subject }) => [kind, subject]),
    [
      ['vanished', 'Gi1 (LLDP)'],
      ['appeared', 'Gi2 (LLDP)'],
    ],
  );
});

test('a device that has lost all its ports or parts has not been read well; all neighbors may go', () => {
  assert.equal(isImplausible('interfaces', [1], []), true);
  assert.equal(isImplausible('hardware', [1], []), true);
  assert.equal(isImplausible('hardware', [], []), false);
  assert.equal(isImplausible('hardware', [1, 2], [1]), false);
  assert.equal(isImplausible('neighbors', [1], []), false);
});
