import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareOids, isBelow } from '#protocols/snmp/oid.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { firstBelow, inOrder } from './firstBelow.ts';

const varbind = (oid: string): SnmpVarbind => ({ oid, type: SnmpType.integer, value: 1 });

/** A device that has these instances. */
function device(instances: readonly string[]) {
  const sorted = instances.toSorted(compareOids).map(varbind);
  const asked: number[] = [];
  const follow = (oid: string) => sorted.find((one) => compareOids(one.oid, oid) > 0) ?? null;
  return {
    asked,
    next: async (oids: readonly string[]) => {
      asked.push(oids.length);
      return oids.map(follow);
    },
    truth: (names: readonly string[]) =>
      new Map(names.flatMap((name) => (isBelow(follow(name)?.oid ?? '', name) ? [[name, follow(name)]] : []))),
  };
}

const oid = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
  .map((arcs) => `1.3.${arcs.join('.')}`);

test('whatever a device has, it is as if each name had been asked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(oid, { maxLength: 80 }), fc.array(oid, { maxLength: 300 }), async (instances, names) => {
      const { next, truth } = device(instances.map((one) => `${one}.0`));
      const got = await firstBelow({ next }, inOrder(names));
      const expected = truth([...new Set(names)]);
      assert.deepEqual(
        [...got].toSorted(([a], [b]) => compareOids(a, b)),
        [...expected].toSorted(([a], [b]) => compareOids(a, b)),
      );
    }),
  );
});

test('a thousand names of tables that a device does not have cost one request', async () => {
  const { next, asked } = device(['1.3.6.1.2.1.1.1.0', '1.3.6.1.6.3.1.1.0']);
  const names = Array.from({ length: 1_000 }, (_, i) => `1.3.6.1.4.1.9.9.${i}.1.1`);
  assert.equal((await firstBelow({ next }, inOrder(names))).size, 0);
  assert.deepEqual(asked, [48]);
});

test('an agent that goes backwards is asked for every name', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `1.3.6.1.4.1.9.${i + 1}`);
  let count = 0;
  const next = async (oids: readonly string[]) => {
    count += oids.length;
    return oids.map(() => varbind('1.3.6.1.2.1.1.1.0'));
  };
  assert.equal((await firstBelow({ next }, inOrder(names))).size, 0);
  assert.equal(count, 100);
});
