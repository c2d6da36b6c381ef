import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSoon } from './soon.ts';

const entry = (deviceId: number, intervalSeconds = 60) => ({ deviceId, collector: 'snmp', intervalSeconds });

test('one is due at once, many one after the other', () => {
  const soon = createSoon(100);
  soon.add([entry(1)], 5_000);
  assert.deepEqual(soon.take(5_001), [{ entry: entry(1), at: 5_000 }]);
  soon.add(
    Array.from({ length: 1_000 }, (_, i) => entry(i)),
    10_000,
  );
  assert.equal(soon.take(15_000).length, 500);
  const rest = soon.take(20_000);
  assert.equal(rest.length, 500);
  assert.equal(rest.at(-1)?.at, 19_990);
});

test('who would wait longer than its interval is left to its slot', () => {
  const soon = createSoon(10);
  soon.add([...Array.from({ length: 1_000 }, (_, i) => entry(i)), entry(5_000, 3_600)], 0);
  const due = soon.take(Number.POSITIVE_INFINITY);
  assert.equal(due.length, 601);
  assert.equal(due.at(-1)?.entry.deviceId, 5_000);
});
