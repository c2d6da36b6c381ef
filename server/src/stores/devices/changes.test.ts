import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyInventory } from '@sotp/contract/inventory.ts';
import type { InterfaceFacts, Inventory } from '@sotp/contract/inventory.ts';
import { compareFacts } from './changes.ts';

const port = (ifIndex: number, ifName: string, speedBps: number): InterfaceFacts => ({
  ifIndex,
  ifName,
  ifDescr: ifName,
  ifAlias: null,
  ifType: 6,
  ifMtu: 1500,
  speedBps,
  mac: `00:00:5e:00:53:0${ifIndex}`,
  adminStatus: 'up',
  operStatus: 'up',
});
const at = (localIfIndex: number): Inventory['neighbors'] => [
  { protocol: 'lldp', localIfIndex, remoteName: 'core', remotePort: 'p1' },
];
const knownOf = (facts: Partial<Inventory>) =>
  Object.fromEntries(Object.entries(facts).map(([section, value]) => [section, { at: 1, value }]));

test('a port that is renamed and changes speed in one reading tells its speed, under its new name', () => {
  const known = knownOf({ interfaces: [port(1, 'Gi1', 1e9), port(2, 'Gi2', 1e9)], neighbors: at(1) });
  const facts = { interfaces: [port(1, 'Te1', 1e10), port(2, 'Gi2', 1e9)], neighbors: at(1) };
  const { changes } = compareFacts(known, facts, 2, [], [{ before: 'Gi1', after: 'Te1' }]);
  assert.deepEqual(changes, [
    { section: 'interfaces', kind: 'changed', subject: 'Te1', before: { speedBps: 1e9 }, after: { speedBps: 1e10 } },
  ]);
});

test('two ports that exchange their names are told apart; what no port was recognised for comes and goes', () => {
  const known = knownOf({ interfaces: [port(1, 'Gi1', 1e9), port(2, 'Gi2', 1e8), port(3, 'Gi3', 1e9)] });
  const facts = { interfaces: [port(1, 'Gi2', 1e9), port(2, 'Gi1', 1e8), port(4, 'Gi4', 1e9)] };
  const swapped = [
    { before: 'Gi1', after: 'Gi2' },
    { before: 'Gi2', after: 'Gi1' },
  ];
  const told = compareFacts(known, facts, 2, [], swapped).changes.map(({ kind, subject }) => [kind, subject]);
  assert.deepEqual(told, [
    ['vanished', 'Gi3'],
    ['appeared', 'Gi4'],
  ]);
});

test('a port that comes back is told by its recognition alone', () => {
  const known = knownOf({ interfaces: [port(1, 'Gi1', 1e9)] });
  const facts = { interfaces: [port(1, 'Gi1', 1e9), port(2, 'Gi2', 1e9)] };
  assert.deepEqual(compareFacts(known, facts, 2, [], [{ before: 'Gi2', after: 'Gi2' }]).changes, []);
  assert.equal(compareFacts(known, facts, 2, []).changes.length, 1);
});

test('a neighbor whose port has another index is told as nothing, whichever section comes with it', () => {
  const known = knownOf({ interfaces: [port(1, 'Gi1', 1e9), port(2, 'Gi2', 1e9)], neighbors: at(1) });
  const renumbered = { interfaces: [port(1, 'Gi2', 1e9), port(9, 'Gi1', 1e9)], neighbors: at(9) };
  assert.deepEqual(compareFacts(known, renumbered, 2, []).changes, []);
  const moved = compareFacts(known, { neighbors: at(2) }, 2, []).changes;
  assert.deepEqual(
    moved.map(({ kind, subject }) => [kind, subject]),
    [
      ['vanished', 'Gi1 (LLDP)'],
      ['appeared', 'Gi2 (LLDP)'],
    ],
  );
  const unread = { ...emptyInventory(), interfaces: [port(1, 'Gi1', 1e9)], neighbors: [] };
  assert.equal(compareFacts(knownOf({ neighbors: at(1) }), unread, 2, []).changes[0]?.subject, 'Gi1 (LLDP)');
});
