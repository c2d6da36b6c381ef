import assert from 'node:assert/strict';
import test from 'node:test';
import type { Fault } from '#collectors/collector.ts';
import { partialSections } from './partial.ts';

const fault = (part?: string): Fault => ({ code: 'snmp_error', message: 'failed', ...(part ? { part } : {}) });

test('a fault makes those sections partial that rest on its table', () => {
  assert.deepEqual(partialSections([]), []);
  assert.deepEqual(partialSections([fault('1.3.6.1.2.1.31.1.1.1.15')]), ['interfaces', 'neighbors']);
  assert.deepEqual(partialSections([fault('1.0.8802.1.1.2.1.4.1.1.9')]), ['neighbors']);
  assert.deepEqual(partialSections([fault('1.3.6.1.2.1.25.2.3.1.5')]), ['processors', 'memory', 'storage']);
  const vendor = partialSections([fault('1.3.6.1.4.1.9.9.109.1')]);
  assert.ok(vendor.includes('hardware') && vendor.includes('system') && !vendor.includes('interfaces'));
});

test('a fault of which nothing is known, and more faults than are kept, make all partial', () => {
  assert.ok(partialSections([fault()]).includes('interfaces'));
  assert.ok(partialSections([fault('1.2.840.1')]).includes('neighbors'));
  assert.ok(partialSections(Array.from({ length: 50 }, () => fault('1.0.8802.1'))).includes('hardware'));
});
