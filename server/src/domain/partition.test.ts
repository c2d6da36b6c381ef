import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { partitionOf, phaseOf } from './partition.ts';

test('devices fall evenly on partitions', () => {
  const counts = [0, 0, 0, 0];
  for (let id = 1; id <= 10_000; id++) counts[partitionOf(id, 4)]!++;
  for (const count of counts) assert.ok(Math.abs(count - 2_500) < 150, counts.join());
});

test('a phase lies within its interval and does not depend on who computes it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 86_400 }), (id, seconds) => {
      const phase = phaseOf(id, 'snmp', seconds * 1_000);
      assert.ok(Number.isInteger(phase) && phase >= 0 && phase < seconds * 1_000);
      assert.equal(phaseOf(id, 'snmp', seconds * 1_000), phase);
    }),
  );
});
