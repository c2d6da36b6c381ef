import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deviceStatus, freshUntil, STATUS_GRACE_MS } from './status.ts';
import type { StatusRun } from './status.ts';

const NOW = 1_800_000_000_000;
const both = [
  { name: 'icmp', intervalSeconds: 10 },
  { name: 'snmp', intervalSeconds: 60 },
];
const ran = (name: string, up: boolean, ago: number, message = 'No answer within 3 s'): StatusRun => ({
  name,
  up,
  at: NOW - ago,
  error: up ? null : { code: 'no_answer', message },
});

test('up when every collector has answered lately, until the first of them grows old', () => {
  const verdict = deviceStatus(both, [ran('icmp', true, 1_000), ran('snmp', true, 30_000)], NOW);
  assert.deepEqual(verdict, { status: 'up', reason: null, validUntil: NOW - 1_000 + 20_000 + STATUS_GRACE_MS });
});

test('degraded when one answers and another does not; the reason says which and why', () => {
  const verdict = deviceStatus(both, [ran('icmp', true, 0), ran('snmp', false, 0)], NOW);
  assert.equal(verdict.status, 'degraded');
  assert.equal(verdict.reason, 'snmp: No answer within 3 s.');
});

test('down when fresh results say that nothing answers', () => {
  const verdict = deviceStatus(both, [ran('icmp', false, 0, 'Unreachable.'), ran('snmp', false, 0)], NOW);
  assert.equal(verdict.status, 'down');
  assert.equal(verdict.reason, 'icmp: Unreachable. snmp: No answer within 3 s.');
});

test('a collector that fell silent takes the green away', () => {
  const verdict = deviceStatus(both, [ran('icmp', true, 0), ran('snmp', true, 126_000)], NOW);
  assert.equal(verdict.status, 'degraded');
  assert.equal(verdict.reason, 'No fresh result from snmp.');
});

test('unknown when nothing is fresh, and when nothing is configured', () => {
  assert.equal(deviceStatus(both, [ran('icmp', true, 25_001)], NOW).status, 'unknown');
  assert.equal(deviceStatus([], [], NOW).status, 'unknown');
});

const collectors = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), intervalSeconds: fc.integer({ min: 1, max: 86_400 }) }),
  { selector: (collector) => collector.name, maxLength: 4 },
);
const runs = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'gone'),
    up: fc.boolean(),
    at: fc.integer({ min: NOW - 400_000_000, max: NOW }),
    error: fc.constant(null),
  }),
  { maxLength: 12 },
);

test('never green when blind: up means that the last run of every collector is fresh and good', () => {
  fc.assert(
    fc.property(collectors, runs, (configured, all) => {
      const verdict = deviceStatus(configured, all, NOW);
      const good = configured.map((collector) => {
        const newest = all
          .filter((run) => run.name === collector.name)
          .reduce<StatusRun | undefined>((best, run) => (best && best.at > run.at ? best : run), undefined);
        return newest !== undefined && newest.up && freshUntil(newest, collector.intervalSeconds) > NOW;
      });
      assert.equal(verdict.status === 'up', configured.length > 0 && good.every(Boolean));
    }),
  );
});

test('a verdict changes only with new runs or at its validUntil, and only an up has no reason', () => {
  fc.assert(
    fc.property(collectors, runs, fc.double({ min: 0, max: 0.999, noNaN: true }), (configured, all, part) => {
      const verdict = deviceStatus(configured, all, NOW);
      assert.equal(verdict.reason === null, verdict.status === 'up');
      if (verdict.status === 'unknown') {
        assert.equal(verdict.validUntil, NOW);
        return;
      }
      assert.ok(verdict.validUntil > NOW);
      const later = NOW + Math.floor((verdict.validUntil - NOW) * part);
      assert.equal(deviceStatus(configured, all, later).status, verdict.status);
      assert.notDeepEqual(deviceStatus(configured, all, verdict.validUntil), verdict);
    }),
  );
});
