import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SensorFacts } from '@sotp/contract/inventory.ts';
import { isWrong, viewSensors } from './sensorGroups.ts';

let next = 0;
const sensor = (kind: string, name: string, value: number | null, more: Partial<SensorFacts> = {}): SensorFacts => ({
  oid: `1.3.6.1.4.1.99999.${++next}`,
  kind,
  name,
  value,
  unit: null,
  ...more,
});
const state = (name: string, text: string) => sensor('state', name, 1, { state: text });

test('what is wrong stands first, then readings by kind; states last', () => {
  const { groups } = viewSensors(
    [
      state('psu 1', 'normal'),
      sensor('fanspeed', 'fan 1', 4000),
      state('psu 2', 'failed'),
      sensor('temperature', 'inlet', 23),
    ],
    [],
    [],
  );
  assert.deepEqual(
    groups.map(({ id, rows }) => [id, rows.map(({ name }) => name)]),
    [
      ['attention', ['psu 2']],
      ['temperature', ['inlet']],
      ['fans', ['fan 1']],
      ['states', ['psu 1']],
    ],
  );
});

test('what says little is put aside with its reason, and nothing is lost', () => {
  const port = { ifIndex: 1, ifName: 'Gi0/1', ifDescr: null, ifAlias: null, ifType: 6, ifMtu: null, speedBps: null };
  const optic = sensor('dbm', 'Gi0/2 rx', -3);
  const sensors = [
    state('slot 2', 'notPresent'),
    sensor('temperature', 'no value', null),
    sensor('temperature', 'inlet tempHighThreshold', 60),
    sensor('temperature', 'inlet', 23),
    sensor('temperature', 'Inlet', 23),
    sensor('dbm', 'Gi0/1 rxPower', -40),
    sensor('voltage', 'rail', 0),
    optic,
  ];
  const { aside, groups } = viewSensors(
    sensors,
    [{ ...port, mac: null, adminStatus: 'down', operStatus: 'down' }],
    [
      {
        ifIndex: 2,
        name: 'Gi0/2',
        vendor: null,
        model: null,
        serial: null,
        readings: [{ ...optic, kind: 'rxPower', lane: null }],
      },
    ],
  );
  assert.deepEqual([...aside.values()], ['absent', 'empty', 'setting', 'repeated', 'port down', 'empty', 'optic']);
  assert.deepEqual(
    groups.flatMap(({ rows }) => rows.map(({ name }) => name)),
    ['inlet'],
  );
});

test('a state is wrong when it says so, not when it says that nothing is wrong', () => {
  for (const text of ['failed', 'criticalAlarm', 'overHeated', 'powerSupplyFailure', 'not operational']) {
    assert.ok(isWrong(state('x', text)), text);
  }
  for (const text of ['normal', 'noAlarm', 'no fault', 'ok', 'alarmless', 'not failed', 'clear']) {
    assert.ok(!isWrong(state('x', text)), text);
  }
  assert.ok(isWrong(sensor('temperature', 't', 90, { limits: { highAlarm: 80 } })));
  assert.ok(!isWrong(sensor('temperature', 't', 70, { limits: { highAlarm: 80, lowAlarm: 0 } })));
});

test('a long column of equal good states is told by its first', () => {
  const ports = Array.from({ length: 48 }, (_, i) =>
    state(`Gi0/${i} portSuspended`, i === 7 ? 'notSuspended' : 'running'),
  );
  assert.equal(viewSensors(ports, [], []).aside.size, 0);
  const equal = ports.map((port) => ({ ...port, state: 'running' }));
  assert.equal(viewSensors(equal, [], []).groups[0]?.rows.length, 1);
});
