import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SensorFacts } from '@sotp/contract/inventory.ts';
import { objectReader } from '#collectors/snmp/knowledge/testing/agent.ts';
import { readTransceivers } from './index.ts';
import type { OpticRow } from './index.ts';
import { opticReading } from './reading.ts';

const port = (ifIndex: number, ifName: string) => ({
  ifIndex,
  ifName,
  ifDescr: null,
  ifAlias: null,
  ifType: 6,
  ifMtu: null,
  speedBps: null,
  mac: null,
  adminStatus: null,
  operStatus: null,
});
const power = (oid: string, value: number): SensorFacts => ({ oid, kind: 'dbm', name: oid, value, unit: 'dBm' });
const row = (index: string, name: string | null, value = -3): OpticRow => ({
  table: 't',
  index,
  name,
  sensors: [{ column: 'acmeDomRxPower', sensor: power(`1.2.${index}`, value) }],
});

async function joined(rows: OpticRow[], ports = [port(1, 'ge1'), port(2, 'ge2'), port(33, 'xe1'), port(34, 'xe2')]) {
  const sources = { interfaces: ports, hardware: [], entitySensors: new Map(), parts: new Map(), rows };
  const found = await readTransceivers(objectReader({}), sources);
  return found.map(({ ifIndex, readings }) => [ifIndex, ...readings.map(({ lane }) => lane)]);
}

test('rows are joined by ifIndex, with lanes behind it or a chassis before it, or by name', async () => {
  assert.deepEqual(await joined([row('1', null), row('34', null)]), [
    [1, null],
    [34, null],
  ]);
  assert.deepEqual(await joined([row('33.1', null), row('33.2', null), row('34.1', null)]), [
    [33, 1, 2],
    [34, 1],
  ]);
  assert.deepEqual(await joined([row('1.33', null), row('1.34', null)]), [
    [33, null],
    [34, null],
  ]);
  assert.deepEqual(await joined([row('700', 'xe1'), row('701', 'xe2')]), [
    [33, null],
    [34, null],
  ]);
});

test('a table whose rows do not all name ports is joined to none, and a cage without a reading is no optic', async () => {
  assert.deepEqual(await joined([row('1', null), row('900', null), row('901', null)]), [
    [null, null],
    [null, null],
    [null, null],
  ]);
  assert.deepEqual(await joined([row('1', null, 0), row('2', null)]), [[2, null]]);
});

test('a reading is told by its words, and watts become dBm', () => {
  const kindOf = (called: string) => opticReading(power('1.1', -3), called, null)?.kind;
  assert.equal(kindOf('Ethernet1/1 Lane 2 Transceiver Receive Power Sensor'), 'rxPower');
  assert.equal(kindOf('jnxDomCurrentTxLaserOutputPower'), 'txPower');
  assert.equal(kindOf('transceiver power'), undefined);
  assert.equal(opticReading(power('1.1', -3), 'Lane 2 Rx', null)?.lane, 2);
  const watts = { ...power('1.1', 0.001), unit: 'W', limits: { highAlarm: 0.01, lowAlarm: 0 } };
  assert.deepEqual(opticReading(watts, 'tx power', null), {
    kind: 'txPower',
    oid: '1.1',
    lane: null,
    value: 0,
    unit: 'dBm',
    limits: { highAlarm: 10 },
  });
  assert.equal(opticReading({ ...watts, value: 0 }, 'tx power', null)?.value, null);
});
