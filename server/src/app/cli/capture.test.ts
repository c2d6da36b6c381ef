import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, describe } from 'node:test';
import fc from 'fast-check';
import type { Inventory } from '@sotp/contract/inventory.ts';
import { parseRecording } from '@sotp/simulator/recording.ts';
import { startSimulator } from '@sotp/simulator/simulator.ts';
import type { SimulatorOptions } from '@sotp/simulator/simulator.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { SnmpVarbind } from '#protocols/snmp/value.ts';
import { recordingLine } from './capture-line.ts';
import { capture } from './capture-run.ts';
import { scrub } from './capture-scrub.ts';
import { probeAll } from './probe-run.ts';
import type { ProbeResult } from './probe-run.ts';

const PORT = 20_000 + (process.pid % 20_000);
const COMMUNITY = { kind: 'snmp-v2c', secret: { community: 'public' } } as const;
const SETTINGS = {
  port: PORT,
  secrets: [COMMUNITY],
  roots: ['1.0.8802', '1.3'],
  maxVarbinds: 100_000,
  timeout: 5000,
  retries: 2,
  deadline: 60,
  concurrency: 1,
  scrub: false,
};
const folder = mkdtempSync(join(tmpdir(), 'sotp-capture-'));
after(() => rmSync(folder, { recursive: true }));

async function simulated<T>(options: Pick<SimulatorOptions, 'listen' | 'source'>, use: () => Promise<T>): Promise<T> {
  const simulator = await startSimulator({ port: PORT, ...options });
  try {
    return await use();
  } finally {
    await simulator.stop();
  }
}

async function factsOf(target: string): Promise<ProbeResult> {
  const found: ProbeResult[] = [];
  await probeAll([target], SETTINGS, (result) => found.push(result));
  const [result] = found;
  assert.ok(result);
  assert.equal(result.error, undefined);
  return result;
}

function replayOf(lines: readonly string[], listen: string): Pick<SimulatorOptions, 'listen' | 'source'> {
  const recording = join(folder, 'captured.snmprec');
  writeFileSync(recording, lines.map((line) => `${line}\n`).join(''));
  return { listen, source: { recording } };
}

/** What does not move between two readings of a living device. */
function still({ system, interfaces, addresses, hardware, vlans, neighbors, sensors }: Partial<Inventory>) {
  return {
    system: { ...system, uptimeSeconds: null },
    interfaces: interfaces?.map((port) => ({ ...port, operStatus: null })),
    addresses,
    hardware,
    vlans,
    neighbors,
    sensors: sensors?.map(({ oid, kind, name, unit }) => ({ oid, kind, name, unit })),
  };
}

const SWITCH = { devices: 1, ports: 24, seed: 3 };

test('what is captured from a device gives the same facts when it is replayed', async () => {
  const [live, { lines, faults }] = await simulated({ listen: '127.61.0.1', source: SWITCH }, async () => [
    await factsOf('127.61.0.1'),
    await capture('127.61.0.1', SETTINGS),
  ]);
  assert.deepEqual(faults, []);
  assert.ok((live.interfaces?.length ?? 0) >= 24);
  const { replayed, again } = await simulated(replayOf(lines, '127.61.0.2'), async () => ({
    replayed: await factsOf('127.61.0.2'),
    again: await capture('127.61.0.2', SETTINGS),
  }));
  assert.deepEqual(still(replayed), still(live));
  assert.deepEqual(again.lines, lines);
});

test('a scrubbed recording gives the same facts but for names, serials and addresses, and tells none of these', async () => {
  const { live, lines } = await simulated({ listen: '127.61.0.3', source: { ...SWITCH, devices: 12 } }, async () => ({
    live: await factsOf('127.61.0.3'),
    lines: (await capture('127.61.0.3', { ...SETTINGS, scrub: true })).lines,
  }));
  const replayed = await simulated(replayOf(lines, '127.61.0.20'), () => factsOf('127.61.0.20'));
  const shape = (facts: ProbeResult) => ({
    ports: facts.interfaces?.map(({ ifIndex, ifName, ifDescr, speedBps }) => [ifIndex, ifName, ifDescr, speedBps]),
    model: [facts.system?.vendor, facts.system?.model, facts.system?.osVersion],
    hardware: facts.hardware?.map(({ index, parentIndex, model }) => [index, parentIndex, model]),
    addresses: facts.addresses?.map(({ prefixLength, ifIndex }) => [prefixLength, ifIndex]).sort(),
    neighbors: facts.neighbors?.map(({ protocol, localIfIndex }) => [protocol, localIfIndex]),
    vlans: facts.vlans,
  });
  assert.deepEqual(shape(replayed), shape(live));
  assert.ok((live.neighbors?.length ?? 0) > 0);

  const told = lines.join('\n').toLowerCase();
  const secrets = [live.system?.sysName, live.system?.location, live.system?.contact, live.system?.serial]
    .concat(live.neighbors?.flatMap(({ remoteName, remoteAddress }) => [remoteName, remoteAddress ?? null]) ?? [])
    .concat(live.hardware?.map(({ serial }) => serial) ?? [])
    .concat(live.addresses?.map(({ address }) => address).filter((address) => !address.startsWith('127.')) ?? [])
    .concat(live.interfaces?.map(({ mac }) => mac?.replaceAll(':', '') ?? null) ?? []);
  for (const secret of secrets) {
    if (secret && !secret.startsWith('127.')) assert.ok(!told.includes(secret.toLowerCase()), `it tells ${secret}`);
  }
});

test('a walk ends where it is told to, and says so', async () => {
  await simulated({ listen: '127.61.0.4', source: SWITCH }, async () => {
    const { lines, faults } = await capture('127.61.0.4', { ...SETTINGS, maxVarbinds: 50 });
    assert.equal(lines.length, 50);
    assert.match(faults[0]?.message ?? '', /reached 50 values and was cut/);
    const short = await capture('127.61.0.4', { ...SETTINGS, maxVarbinds: 4, roots: ['1.3.6.1.2.1.1'] });
    assert.equal(short.lines.length, 4);
    assert.equal(short.faults.length, 1);
    const system = await capture('127.61.0.4', { ...SETTINGS, roots: ['1.3.6.1.2.1.1'] });
    assert.ok(system.lines.length > 5 && system.lines.every((line) => line.startsWith('1.3.6.1.2.1.1.')));
  });
});

describe('a line', () => {
  const oid = '1.3.6.1.2.1.1.1.0';
  const number = (type: SnmpType, min: number, max: number) =>
    fc.record({ type: fc.constant(type), value: fc.integer({ min, max }) });
  const octets = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value));
  const text = fc.string().map((value) => Buffer.from(value, 'utf8'));
  const value = fc.oneof(
    number(SnmpType.integer, -0x8000_0000, 0x7fff_ffff),
    number(SnmpType.counter32, 0, 0xffff_ffff),
    number(SnmpType.counter64, 0, Number.MAX_SAFE_INTEGER),
    fc.record({ type: fc.constant(SnmpType.octetString), value: fc.oneof(octets, text) }),
    fc.record({ type: fc.constant(SnmpType.ipAddress), value: octets.filter((value) => value.length === 4) }),
    fc.record({ type: fc.constant(SnmpType.opaque), value: fc.oneof(octets, fc.double()) }),
    fc.constant({ type: SnmpType.oid, value: '1.3.6.1.4.1.9' }),
    fc.constant({ type: SnmpType.null, value: null }),
  );

  test('is read back by the replayer, whatever the value', () => {
    fc.assert(
      fc.property(value, (one) => {
        const line = recordingLine({ oid, ...one });
        assert.ok(line !== null && !line.includes('\n'));
        const { mib, noRecord, unfit } = parseRecording(line);
        assert.deepEqual([mib.size, noRecord, unfit, mib.tags[0]], [1, 0, 0, one.type]);
        if (Buffer.isBuffer(one.value)) {
          const encoded = Buffer.from(mib.bytes.subarray(mib.nameEnds[0], mib.starts[1]));
          assert.deepEqual(encoded.subarray(encoded.length - one.value.length), one.value);
        }
      }),
    );
  });

  test('is left out for what is no value', () => {
    assert.equal(recordingLine({ oid, type: SnmpType.noSuchInstance, value: null }), null);
  });
});

describe('scrubbing', () => {
  const text = (oid: string, value: string): SnmpVarbind => ({
    oid,
    type: SnmpType.octetString,
    value: Buffer.from(value),
  });
  const hex = (oid: string, value: string): SnmpVarbind => ({
    oid,
    type: SnmpType.octetString,
    value: Buffer.from(value, 'hex'),
  });
  const ip = (oid: string, ...value: number[]): SnmpVarbind => ({
    oid,
    type: SnmpType.ipAddress,
    value: Buffer.from(value),
  });
  const linesOf = (...varbinds: SnmpVarbind[]) =>
    scrub(varbinds, { serialRoots: ['1.3.6.1.4.1.9.1.2'], secrets: ['hush-hush'] }).map(recordingLine);

  test('gives a thing the same pseudonym wherever it stands', () => {
    assert.deepEqual(
      linesOf(
        text('1.3.6.1.2.1.1.1.0', 'Linux edge-7 5.10.0.1, 00:1b:21:aa:bb:cc at 10.1.2.3'),
        text('1.3.6.1.2.1.1.5.0', 'edge-7.example.org'),
        text('1.3.6.1.2.1.1.6.0', 'Room 5'),
        hex('1.3.6.1.2.1.2.2.1.6.1', '001b21aabbcc'),
        ip('1.3.6.1.2.1.4.20.1.1.10.1.2.3', 10, 1, 2, 3),
        ip('1.3.6.1.2.1.4.20.1.3.10.1.2.3', 255, 255, 255, 0),
        { oid: '1.3.6.1.2.1.17.4.3.1.2.0.27.33.170.187.204', type: SnmpType.integer, value: 4 },
        text('1.3.6.1.4.1.9.1.2.0', 'FOC1234X'),
        text('1.3.6.1.4.1.9.1.3.0', 'unit FOC1234X in Room 5, hush-hush'),
        text('1.3.6.1.6.3.18.1.1.1.2.1', 'hush-hush'),
      ),
      [
        '1.3.6.1.2.1.1.1.0|4|Linux device-2 5.10.0.1, 02:00:00:00:00:01 at 198.18.1.3',
        '1.3.6.1.2.1.1.5.0|4|device-1',
        '1.3.6.1.2.1.1.6.0|4|location-1',
        '1.3.6.1.2.1.2.2.1.6.1|4x|020000000001',
        '1.3.6.1.2.1.4.20.1.1.198.18.1.3|64|198.18.1.3',
        '1.3.6.1.2.1.4.20.1.3.198.18.1.3|64|255.255.255.0',
        '1.3.6.1.2.1.17.4.3.1.2.2.0.0.0.0.1|2|4',
        '1.3.6.1.4.1.9.1.2.0|4|SERIAL1',
        '1.3.6.1.4.1.9.1.3.0|4|unit SERIAL1 in location-1, secret-1',
      ],
    );
  });

  test('leaves port lists, texts of six letters and vendors’ columns alone', () => {
    const varbinds = [
      ip('1.3.6.1.2.1.4.20.1.1.10.1.1.1', 10, 1, 1, 1),
      hex('1.3.6.1.2.1.17.7.1.4.2.1.4.0.1', 'ff00ff00ff00'),
      text('1.3.6.1.2.1.2.2.1.2.1', 'Vlan12'),
      hex('1.3.6.1.2.1.2.2.1.2.2', Buffer.from('Büro1').toString('hex')),
      { oid: '1.3.6.1.4.1.9.9.10.1.1.1.2.1', type: SnmpType.integer, value: 1 },
    ] as const;
    assert.deepEqual(linesOf(...varbinds).slice(1), varbinds.slice(1).map(recordingLine));
  });
});
