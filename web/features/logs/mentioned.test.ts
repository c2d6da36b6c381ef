import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mentionedInterface } from './mentioned.ts';

const one = (ifIndex: number, ifName: string, ifDescr: string) => ({ ifIndex, ifName, ifDescr });
const INTERFACES = [
  one(1, 'Gi0/1', 'GigabitEthernet0/1'),
  one(2, 'Gi0/12', 'GigabitEthernet0/12'),
  one(3, 'Gi0/1.7', 'GigabitEthernet0/1.7'),
  one(4, 'lo', 'Loopback'),
];
const found = (text: string) => mentionedInterface(text, INTERFACES)?.ifIndex;

test('the interface that a line names is found by either name, and only when it stands by itself', () => {
  assert.equal(found('Line protocol on Interface GigabitEthernet0/1, changed state to up'), 1);
  assert.equal(found('port Gi0/12 down'), 2);
  assert.equal(found('subinterface Gi0/1.7 up'), 3);
  assert.equal(found('errors on Gi0/1.'), 1);
  assert.equal(found('Gi0/123 is not ours, nor is lo'), undefined);
});
