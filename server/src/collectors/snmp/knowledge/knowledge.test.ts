import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readKnowledge } from './index.ts';
import { objectReader } from './testing/agent.ts';
import type { Value } from './testing/agent.ts';

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';

const SWITCH: Record<string, Value> = {
  '1.3.6.1.2.1.1.1.0': 'Example Networks, Inc. XS-24 Switch, Software Version 4.2.1',
  '1.3.6.1.2.1.1.2.0': 'oid:1.3.6.1.4.1.99999.1',
  '1.3.6.1.2.1.1.3.0': 4200,
  '1.3.6.1.2.1.1.5.0': 'edge-1',
  [`${IF}.2.1`]: 'port 1',
  [`${IF}.3.1`]: 6,
  [`${IF}.4.1`]: 1500,
  [`${IF}.5.1`]: 4_294_967_295,
  [`${IF}.6.1`]: Buffer.from('020000000001', 'hex'),
  [`${IF}.7.1`]: 1,
  [`${IF}.8.1`]: 2,
  [`${IF}.10.1`]: 7,
  [`${IF}.14.1`]: 0,
  [`${IFX}.1.1`]: 'e1',
  [`${IFX}.6.1`]: 900,
  [`${IFX}.10.1`]: 800,
  [`${IFX}.15.1`]: 10_000,
};

test('a port has its names, its speed from ifHighSpeed where ifSpeed ends, and its status in words', async () => {
  const { facts } = await readKnowledge(objectReader(SWITCH));
  assert.deepEqual(facts.interfaces, [
    {
      ifIndex: 1,
      ifName: 'e1',
      ifDescr: 'port 1',
      ifAlias: null,
      ifType: 6,
      ifMtu: 1500,
      speedBps: 10e9,
      mac: '02:00:00:00:00:01',
      adminStatus: 'up',
      operStatus: 'down',
    },
  ]);
});

test('the 64-bit counter of a port is planned where there is one, the 32-bit one where not, each with the port’s labels', async () => {
  const { series } = await readKnowledge(objectReader(SWITCH));
  const fast = series.filter(({ spec }) => spec.labels['ifIndex'] === '1');
  assert.deepEqual(
    fast.map(({ spec, oid }) => [spec.metric, spec.kind, oid]),
    [
      ['ifHCInOctets', 'counter', `${IFX}.6.1`],
      ['ifHCOutOctets', 'counter', `${IFX}.10.1`],
      ['ifInErrors', 'counter', `${IF}.14.1`],
      ['ifOperStatus', 'state', `${IF}.8.1`],
    ],
  );
  assert.deepEqual(fast[0]?.spec.labels, { interface: 'e1', ifIndex: '1' });
  const { [`${IFX}.6.1`]: _octets, ...without } = SWITCH;
  const old = await readKnowledge(objectReader(without));
  assert.ok(old.series.some(({ spec, oid }) => spec.metric === 'ifInOctets' && oid === `${IF}.10.1`));
});

test('a probe plans nothing', async () => {
  const { series } = await readKnowledge(objectReader(SWITCH), { plan: false });
  assert.deepEqual(series, []);
});

test('where no profile names the device its sysDescr says model and version', async () => {
  const { facts } = await readKnowledge(objectReader(SWITCH), { plan: false });
  assert.equal(facts.system?.model, 'XS-24 Switch');
  assert.equal(facts.system?.osVersion, '4.2.1');
  assert.equal(facts.system?.uptimeSeconds, 42);
});

test('a sensor of ENTITY-SENSOR-MIB is scaled by its scale and precision; one out of order is left out', async () => {
  const row = (index: number, [type, scale, precision, value, status]: readonly number[]): [string, Value][] =>
    [type, scale, precision, value, status].map((cell, i) => [`1.3.6.1.2.1.99.1.1.1.${i + 1}.${index}`, cell ?? 0]);
  const { facts } = await readKnowledge(
    objectReader({
      '1.3.6.1.2.1.47.1.1.1.1.7.5': 'PSU 1 input',
      ...Object.fromEntries([...row(5, [4, 8, 1, 120_400, 1]), ...row(6, [8, 9, 0, 31, 3])]),
    }),
    { plan: false },
  );
  assert.deepEqual(facts.sensors, [
    { oid: '1.3.6.1.2.1.99.1.1.1.4.5', kind: 'voltage', name: 'PSU 1 input', value: 12.04, unit: 'V' },
  ]);
});

test('an LLDP neighbour is on the interface whose name the local port announces', async () => {
  const { facts } = await readKnowledge(
    objectReader({
      ...SWITCH,
      '1.0.8802.1.1.2.1.3.7.1.2.77': 5,
      '1.0.8802.1.1.2.1.3.7.1.3.77': 'e1',
      '1.0.8802.1.1.2.1.4.1.1.4.0.77.1': 4,
      '1.0.8802.1.1.2.1.4.1.1.5.0.77.1': Buffer.from('0200000000aa', 'hex'),
      '1.0.8802.1.1.2.1.4.1.1.6.0.77.1': 5,
      '1.0.8802.1.1.2.1.4.1.1.7.0.77.1': 'ge-0/0/1',
      '1.0.8802.1.1.2.1.4.1.1.9.0.77.1': 'core-1',
    }),
    { plan: false },
  );
  assert.deepEqual(facts.neighbors, [
    { protocol: 'lldp', localIfIndex: 1, remoteName: 'core-1', remotePort: 'ge-0/0/1' },
  ]);
});

test('addresses come once, whichever table has them, with their prefix', async () => {
  const { facts } = await readKnowledge(
    objectReader({
      '1.3.6.1.2.1.4.20.1.2.192.0.2.1': 3,
      '1.3.6.1.2.1.4.20.1.3.192.0.2.1': '255.255.255.128',
      '1.3.6.1.2.1.4.34.1.3.1.4.192.0.2.1': 3,
      '1.3.6.1.2.1.4.34.1.3.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1': 3,
      '1.3.6.1.2.1.4.34.1.5.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1': 'oid:1.3.6.1.2.1.4.32.1.5.3.2.16.32.1.64',
    }),
    { plan: false },
  );
  assert.deepEqual(facts.addresses, [
    { address: '192.0.2.1', prefixLength: 25, ifIndex: 3 },
    { address: '2001:db8::1', prefixLength: 64, ifIndex: 3 },
  ]);
});

test('whatever a device answers, reading it ends in facts', async () => {
  const roots = [
    IF,
    IFX,
    '1.3.6.1.2.1.25.2.3.1',
    '1.3.6.1.2.1.99.1.1.1',
    '1.3.6.1.2.1.47.1.1.1.1',
    '1.0.8802.1.1.2.1.4.1.1',
  ];
  const oid = fc
    .tuple(
      fc.constantFrom(...roots),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.nat(70_000), { minLength: 1, maxLength: 6 }),
    )
    .map(([root, column, index]) => `${root}.${column}.${index.join('.')}`);
  const value = fc.oneof(
    fc.integer(),
    fc.string(),
    fc.uint8Array({ maxLength: 20 }).map((octets) => Buffer.from(octets)),
    fc.constant('oid:1.3'),
    fc.constant(null),
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(oid, value, { maxKeys: 30 }), async (instances) => {
      const { facts } = await readKnowledge(objectReader(instances));
      assert.ok(facts.system);
      for (const sensor of facts.sensors ?? []) assert.ok(sensor.value === null || Number.isFinite(sensor.value));
    }),
    { numRuns: 60 },
  );
});
