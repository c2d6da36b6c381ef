import assert from 'node:assert/strict';
import test from 'node:test';
import { whatOf, written } from './changeText.ts';

test('a change is named as a person would', () => {
  assert.equal(whatOf({ section: 'system', subject: 'osVersion' }), 'Version');
  assert.equal(whatOf({ section: 'interfaces', subject: 'Gi1' }), 'Interface Gi1');
  assert.equal(whatOf({ section: 'neighbors', subject: 'Gi1 (LLDP)' }), 'Neighbor on Gi1 (LLDP)');
});

test('speeds have a unit, and what is not there is a dash', () => {
  assert.equal(written({ speedBps: 1e9 }), '1 Gbit/s');
  assert.equal(written({ remoteName: 'sw', remotePort: null }), 'sw');
  assert.equal(written({ serial: null }), '–');
  assert.equal(written(null), '–');
});
