import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeMessage, encodeMessage } from '@sotp/server/protocols/snmp/message.ts';
import { PduType } from '@sotp/server/protocols/snmp/pdu.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { createFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { COUNTER_COLUMNS } from './interfaces.ts';
import type { CounterColumn } from './interfaces.ts';

const NOW = Date.UTC(2026, 10, 23, 16);
const shape = { devices: 25, ports: 24, seed: 1, listen: '127.30.0.1' };

function fleetAt(clock: { now: number }, more = {}): Fleet {
  return createFleet({ ...shape, ...more, now: () => clock.now });
}
function get(fleet: Fleet, device: number, ...oids: string[]) {
  const varbinds = oids.map((oid) => ({ oid, type: SnmpType.null, value: null }));
  const pdu = { type: PduType.get, requestId: 1, errorStatus: 0, errorIndex: 0, varbinds };
  const response = fleet.agent(device).handle(encodeMessage({ version: 1, community: 'public', pdu }));
  return response === null ? null : decodeMessage(response).pdu.varbinds.map(({ value }) => value);
}
const oidOf = (column: CounterColumn, ifIndex: number) => {
  const [, number, bits] = COUNTER_COLUMNS[column];
  return `${bits === 64 ? '1.3.6.1.2.1.31.1.1.1' : '1.3.6.1.2.1.2.2.1'}.${number}.${ifIndex}`;
};
const columns = Object.keys(COUNTER_COLUMNS) as CounterColumn[];

test('the agent answers exactly what counterAt says', () => {
  const clock = { now: NOW };
  const fleet = fleetAt(clock);
  fc.assert(
    fc.property(
      fc.constantFrom(0, 1, 5, 7, 8, 10, 20),
      fc.integer({ min: 1, max: 24 }),
      fc.constantFrom(...columns),
      fc.nat(86_400_000),
      (device, ifIndex, column, later) => {
        clock.now = NOW + later;
        const answered = get(fleet, device, oidOf(column, ifIndex));
        if (answered === null) assert.ok(clock.now - fleet.bootedAt(device, clock.now) < 60_000);
        else assert.deepEqual(answered, [fleet.counterAt(device, ifIndex, column, clock.now)]);
      },
    ),
  );
});

test('counters never go back, but for a restart, and 32 bits show the low part of 64', () => {
  const fleet = fleetAt({ now: NOW });
  fc.assert(
    fc.property(fc.nat(24), fc.nat(1000), fc.nat(86_400_000), fc.nat(100_000), (device, port, from, step) => {
      const ifIndex = 1 + (port % (fleet.devices[device]?.ports ?? 1));
      const [a, b] = [NOW + from, NOW + from + step];
      if (fleet.bootedAt(device, a) !== fleet.bootedAt(device, b)) return;
      const before = fleet.counterAt(device, ifIndex, 'ifHCInOctets', a);
      const after = fleet.counterAt(device, ifIndex, 'ifHCInOctets', b);
      assert.ok(after >= before && Number.isSafeInteger(after), `${before} ${after}`);
      assert.equal(fleet.counterAt(device, ifIndex, 'ifInOctets', b), after % 2 ** 32);
    }),
    { numRuns: 1000 },
  );
});

test('the same shape gives the same fleet; another seed another one', () => {
  const [a, b, c] = [fleetAt({ now: NOW }), fleetAt({ now: NOW }), fleetAt({ now: NOW }, { seed: 2 })];
  assert.deepEqual(a.devices, b.devices);
  assert.equal(a.counterAt(0, 1, 'ifHCOutOctets', NOW), b.counterAt(0, 1, 'ifHCOutOctets', NOW));
  assert.notEqual(a.counterAt(0, 1, 'ifHCOutOctets', NOW), c.counterAt(0, 1, 'ifHCOutOctets', NOW));
});

test('a fleet of 25 has switches, a router, servers, a UPS, and one device of each trouble', () => {
  const { devices, links } = fleetAt({ now: NOW });
  assert.deepEqual(new Set(devices.map(({ kind }) => kind)).size, 6);
  assert.deepEqual(
    devices.flatMap(({ quirk }) => quirk ?? []),
    ['flapping', 'slow', 'dead', 'restarting'],
  );
  assert.equal(new Set(devices.map(({ name }) => name)).size, 25);
  assert.equal(new Set(devices.map(({ address }) => address)).size, 25);
  assert.ok(links.length >= 20);
  const ends = links.flat().map(({ device, ifIndex }) => `${device}/${ifIndex}`);
  assert.equal(new Set(ends).size, ends.length, 'a port has one cable');
});

test('a dead device is silent; a restarting one starts anew and is silent while it starts', () => {
  const clock = { now: NOW };
  const fleet = fleetAt(clock);
  const uptime = '1.3.6.1.2.1.1.3.0';
  assert.equal(get(fleet, 9, uptime), null);
  const boot = fleet.bootedAt(10, NOW + 3_600_000);
  clock.now = boot - 1;
  const [before] = get(fleet, 10, uptime) ?? [];
  clock.now = boot + 5_000;
  assert.equal(get(fleet, 10, uptime), null);
  clock.now = boot + 20_000;
  assert.deepEqual(get(fleet, 10, uptime), [2000]);
  assert.ok(Number(before) > 100_000);
});

test('a flapping port changes its status, and counts only while it is up', () => {
  const clock = { now: NOW };
  const fleet = fleetAt(clock);
  const statuses = new Set<number>();
  for (let at = NOW; at < NOW + 300_000; at += 1000) {
    const status = fleet.operStatusAt(7, 2, at);
    statuses.add(status);
    if (status === 2 && fleet.operStatusAt(7, 2, at + 1000) === 2) {
      assert.equal(fleet.counterAt(7, 2, 'ifHCInOctets', at), fleet.counterAt(7, 2, 'ifHCInOctets', at + 1000));
    }
    clock.now = at;
    assert.deepEqual(get(fleet, 7, '1.3.6.1.2.1.2.2.1.8.2'), [status]);
  }
  assert.deepEqual(statuses, new Set([1, 2]));
});

test('plain devices share what they have in common and still differ', () => {
  const fleet = fleetAt({ now: NOW }, { devices: 1000, ports: 48, plain: true });
  const names = [get(fleet, 0, '1.3.6.1.2.1.1.5.0'), get(fleet, 999, '1.3.6.1.2.1.1.5.0')];
  assert.notDeepEqual(names[0], names[1]);
  assert.deepEqual(get(fleet, 999, oidOf('ifHCInOctets', 48)), [fleet.counterAt(999, 48, 'ifHCInOctets', NOW)]);
});
