import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchPorts } from './ports.ts';
import type { KnownPort, PortFacts } from './ports.ts';

const facts = (ifIndex: number, more: Partial<PortFacts> = {}): PortFacts => ({
  ifIndex,
  ifName: `Gi1/0/${ifIndex}`,
  ifDescr: `GigabitEthernet1/0/${ifIndex}`,
  ifAlias: null,
  ifType: 6,
  mac: `02:00:00:00:00:${String(ifIndex).padStart(2, '0')}`,
  ...more,
});
const known = (id: number, port: PortFacts, present = true): KnownPort => ({ ...port, id, present });
const pairs = (before: readonly KnownPort[], after: readonly PortFacts[]) =>
  matchPorts(before, after).matches.map(({ before: was, after: is }) => [was.id, is.ifIndex]);

test('a reading that says the same as the one before recognises every port, also those that look alike', () => {
  const alike = { ifName: null, ifDescr: 'Ethernet port', mac: null };
  const ports = [facts(1), facts(2), facts(7, alike), facts(8, alike)];
  assert.deepEqual(
    pairs(
      ports.map((port, i) => known(i, port)),
      ports,
    ),
    [
      [0, 1],
      [1, 2],
      [2, 7],
      [3, 8],
    ],
  );
});

test('ports are recognised when all ifIndexes are others, by their names alone', () => {
  const before = [1, 2, 3].map((n) => known(n, facts(n, { mac: null })));
  const after = [1, 2, 3].map((n) => ({ ...facts(n, { mac: null }), ifIndex: 4 - n }));
  assert.deepEqual(pairs(before, after), [
    [1, 3],
    [2, 2],
    [3, 1],
  ]);
});

test('a stack whose members got other numbers keeps its ports, by MAC, and by MAC and alias when numbers were exchanged', () => {
  const member = (m: number, n: number, more: Partial<PortFacts> = {}) =>
    facts(m * 100 + n, {
      ifName: `Gi${m}/0/${n}`,
      ifDescr: `GigabitEthernet${m}/0/${n}`,
      mac: `02:00:00:00:0${m}:0${n}`,
      ifAlias: `desk ${m} ${n}`,
      ...more,
    });
  const moved = (from: number, to: number, n: number) => {
    const { mac, ifAlias } = member(from, n);
    return member(to, n, { mac, ifAlias });
  };
  const before = [1, 2].flatMap((n) => [known(n, member(1, n)), known(10 + n, member(2, n))]);
  const shifted = [1, 2].flatMap((n) => [moved(1, 3, n), moved(2, 4, n)]);
  assert.deepEqual(pairs(before, shifted), [
    [1, 301],
    [11, 401],
    [2, 302],
    [12, 402],
  ]);
  const exchanged = [1, 2].flatMap((n) => [moved(1, 2, n), moved(2, 1, n)]);
  assert.deepEqual(pairs(before, exchanged), [
    [1, 201],
    [11, 101],
    [2, 202],
    [12, 102],
  ]);
  // Without aliases name and MAC say two different things: nobody can know, so they are new ports.
  const bare = (ports: readonly PortFacts[]) => ports.map((port) => ({ ...port, ifAlias: null }));
  const doubt = matchPorts(
    before.map((port) => ({ ...port, ifAlias: null })),
    bare(exchanged),
  );
  assert.deepEqual(doubt.matches, []);
  assert.ok(doubt.appeared.every(({ rival }) => rival !== null));
  assert.equal(doubt.gone.length, 4);
});

test('a module that was exchanged keeps its ports under their names, whatever their MACs and indexes', () => {
  const before = [1, 2].map((n) => known(n, facts(n)));
  const after = [1, 2].map((n) => ({ ...facts(n), ifIndex: n + 50, mac: `02:00:00:00:99:0${n}` }));
  assert.deepEqual(pairs(before, after), [
    [1, 51],
    [2, 52],
  ]);
});

test('an ifIndex that another interface was given makes it no other interface', () => {
  const before = [known(1, facts(5, { ifName: 'ppp0', ifDescr: 'ppp0', mac: null, ifType: 23 }))];
  const after = [facts(5, { ifName: 'ppp7', ifDescr: 'ppp7', mac: null, ifType: 23 })];
  const found = matchPorts(before, after);
  assert.deepEqual(found.matches, []);
  assert.equal(found.appeared[0]?.rival?.before.id, 1);
});

test('a MAC that many interfaces share tells none of them', () => {
  const mac = '02:00:00:00:00:01';
  const before = [10, 20, 30].map((n) => known(n, facts(n, { ifName: `Vl${n}`, ifDescr: null, mac })));
  const after = [11, 21, 31].map((n) => facts(n, { ifName: `Vlan${n}`, ifDescr: null, mac }));
  assert.deepEqual(pairs(before, after), []);
});

test('a port that had gone is recognised when it comes back, unless its name was given to another meanwhile', () => {
  const [a, b] = [facts(1), facts(2)];
  assert.deepEqual(pairs([known(1, a), known(2, b, false)], [a, { ...b, ifIndex: 9 }]), [
    [1, 1],
    [2, 9],
  ]);
  const heir = { ...facts(2), mac: '02:00:00:00:77:77' };
  const twice = [known(1, b, false), known(2, { ...heir, ifIndex: 3 }, false)];
  assert.deepEqual(pairs(twice, [{ ...facts(9), ifName: b.ifName, ifDescr: null, mac: null }]), []);
});

/** A port as it truly is, and what becomes of it between two readings. */
const fate = fc.record({
  hasMac: fc.boolean(),
  alias: fc.boolean(),
  rename: fc.boolean(),
  newMac: fc.boolean(),
  newAlias: fc.constantFrom('keeps', 'other', 'none'),
  removed: fc.boolean(),
  order: fc.integer(),
});
const added = fc.record({ hasMac: fc.boolean(), alias: fc.boolean(), order: fc.integer() });

test('however ports are numbered anew, renamed, rebuilt, taken out and added at once, two of them are never joined', () => {
  let recognised = 0;
  let stayed = 0;
  fc.assert(
    fc.property(fc.array(fate, { minLength: 8, maxLength: 30 }), fc.array(added, { maxLength: 10 }), (fates, fresh) => {
      const before = fates.map((one, n) =>
        known(
          n,
          facts(n + 1, {
            mac: one.hasMac ? `02:00:00:00:01:${n}` : null,
            ifAlias: one.alias ? `alias ${n}` : '',
          }),
        ),
      );
      const truth = new Map<PortFacts, number>();
      const staying = fates.flatMap((one, n) => (one.removed ? [] : [{ one, n, order: one.order }]));
      const all = [
        ...staying.map(({ n, order }) => ({ n, order })),
        ...fresh.map(({ order }, n) => ({ n: -1 - n, order })),
      ];
      // Ports that stay and ports that are new share out the numbers anew, those of removed ports among them.
      all.sort((a, b) => a.order - b.order);
      const after = all.map(({ n }, i): PortFacts => {
        const [was, one, other] = [before[n], fates[n], fresh[-1 - n]];
        if (!was || !one) {
          return facts(i + 1, {
            ifName: `Te9/${-n}`,
            ifDescr: `Te9/${-n}`,
            mac: other?.hasMac ? `02:00:00:00:02:${-n}` : null,
            ifAlias: other?.alias ? `new ${-n}` : null,
          });
        }
        const port = {
          ...was,
          ifIndex: i + 1,
          ...(one.rename && { ifName: `eth${n}`, ifDescr: null }),
          ...(one.newMac && one.hasMac && { mac: `02:00:00:00:03:${n}` }),
          ...(one.newAlias === 'other' && { ifAlias: `other ${n}` }),
          ...(one.newAlias === 'none' && { ifAlias: null }),
        };
        truth.set(port, n);
        if (!one.rename || (one.hasMac && !one.newMac)) stayed++;
        return port;
      });
      const { matches, appeared, gone } = matchPorts(before, after);
      for (const { before: was, after: is } of matches) {
        assert.equal(was.id, truth.get(is), `${was.ifName} was joined to ${is.ifName}`);
        const one = fates[was.id];
        if (one && (!one.rename || (one.hasMac && !one.newMac))) recognised++;
      }
      assert.equal(matches.length + appeared.length, after.length);
      assert.equal(matches.length + gone.length, before.length);
    }),
    { numRuns: 300 },
  );
  // A rule that joins nothing would keep this promise, too: what kept its name or its MAC is recognised, all of it.
  assert.equal(recognised, stayed);
  assert.ok(recognised > 500, `${recognised}`);
});

test('names and MACs exchanged among ports join no two of them, whoever keeps the alias', () => {
  const world = fc.record({
    count: fc.integer({ min: 2, max: 24 }),
    names: fc.array(fc.integer(), { minLength: 24, maxLength: 24 }),
    indexes: fc.array(fc.integer(), { minLength: 24, maxLength: 24 }),
    alias: fc.constantFrom('none', 'with the hardware', 'with the name'),
  });
  fc.assert(
    fc.property(world, ({ count, names, indexes, alias }) => {
      const order = (keys: readonly number[]) =>
        Array.from({ length: count }, (_, n) => n).toSorted((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
      const [nameOf, indexOf] = [order(names), order(indexes)];
      const before = Array.from({ length: count }, (_, n) =>
        known(n, facts(n + 1, { ifAlias: alias === 'none' ? null : `to ${n}` })),
      );
      // Which port it is, the MAC tells; it is called as another one was, and numbered as a third.
      const after = before.map((port, n) => {
        const name = before[nameOf[n]!]!;
        return {
          ...port,
          ifIndex: indexOf[n]! + 1,
          ifName: name.ifName,
          ifDescr: name.ifDescr,
          ifAlias: alias === 'with the name' ? name.ifAlias : port.ifAlias,
        };
      });
      for (const { before: was, after: is } of matchPorts(before, after).matches) assert.equal(was.mac, is.mac);
    }),
    { numRuns: 300 },
  );
});
