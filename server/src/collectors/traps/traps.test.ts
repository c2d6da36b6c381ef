import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { notificationOf } from '#protocols/snmp/notification.ts';
import { encodeMessage, tryDecodeMessage } from '#protocols/snmp/message.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import type { OutgoingPdu } from '#protocols/snmp/pdu.ts';
import { NO_KEYS } from '#protocols/snmp/usm/message.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import { createMibTree } from '#protocols/mib/tree.ts';
import { buildLibrary } from '#protocols/mib/library.ts';
import { readDefinitions } from './definitions.ts';
import { describe } from './describe.ts';
import type { Knowledge } from './describe.ts';
import { createEngines } from './engines.ts';
import type { Engines } from './engines.ts';
import { standardModules } from './mib-files.ts';
import { createRecent } from './recent.ts';
import { createSourceLimit } from './source-limit.ts';
import { openState, writeState } from './state-file.ts';

const standard = standardModules();
const knowledge: Knowledge = { tree: createMibTree(standard), definitions: readDefinitions([]).definitions };

function decoded(version: 0 | 1, pdu: OutgoingPdu) {
  const message = tryDecodeMessage(encodeMessage({ version, community: 'public', pdu }));
  assert.ok(message);
  const notification = notificationOf(message.pdu);
  assert.ok(notification);
  return notification;
}

const v2 = (trapOid: string, varbinds: OutgoingPdu['varbinds'] = []): OutgoingPdu => ({
  type: PduType.trapV2,
  requestId: 7,
  errorStatus: 0,
  errorIndex: 0,
  varbinds: [
    { oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.timeTicks, value: 1234 },
    { oid: '1.3.6.1.6.3.1.1.4.1.0', type: SnmpType.oid, value: trapOid },
    ...varbinds,
  ],
});

function lineOf(pdu: OutgoingPdu, version: 0 | 1 = 1, known: Knowledge = knowledge) {
  const received = { version: 'v2c', inform: false, user: '', engineId: '', agentAddress: '' } as const;
  return describe({ ...received, notification: decoded(version, pdu) }, known);
}

test('a v1 trap says the same as its v2 form: generic traps, and those of an enterprise', () => {
  const v1 = (genericTrap: number, specificTrap: number): OutgoingPdu => ({
    type: PduType.trapV1,
    enterprise: '1.3.6.1.4.1.9.9',
    agentAddress: Buffer.from([10, 1, 2, 3]),
    genericTrap,
    specificTrap,
    timestamp: 99,
    varbinds: [],
  });
  assert.equal(decoded(0, v1(2, 0)).trapOid, '1.3.6.1.6.3.1.1.5.3');
  assert.equal(decoded(0, v1(6, 41)).trapOid, '1.3.6.1.4.1.9.9.0.41');
  assert.deepEqual([...(decoded(0, v1(0, 0)).agentAddress ?? [])], [10, 1, 2, 3]);
  assert.equal(decoded(0, { ...v1(0, 0), agentAddress: Buffer.alloc(4) } as OutgoingPdu).agentAddress, null);
});

test('what a proxy adds to a v2 notification is no value of it, and a community is nowhere in the line', () => {
  const notification = decoded(
    1,
    v2('1.3.6.1.6.3.1.1.5.1', [
      { oid: '1.3.6.1.6.3.18.1.3.0', type: SnmpType.ipAddress, value: Buffer.from([10, 9, 9, 9]) },
      { oid: '1.3.6.1.6.3.18.1.4.0', type: SnmpType.octetString, value: 'secret' },
      { oid: '1.3.6.1.6.3.1.1.4.3.0', type: SnmpType.oid, value: '1.3.6.1.4.1.9' },
    ]),
  );
  assert.deepEqual(notification.varbinds, []);
  assert.equal(notification.enterprise, '1.3.6.1.4.1.9');
  assert.deepEqual([...(notification.agentAddress ?? [])], [10, 9, 9, 9]);
});

test('how bad it is comes from the definition, from the note in the MIB, else from the name', () => {
  assert.equal(lineOf(v2('1.3.6.1.6.3.1.1.5.3')).content.severity, 3);
  const acme = `A-MIB DEFINITIONS ::= BEGIN IMPORTS enterprises FROM SNMPv2-SMI;
    a OBJECT IDENTIFIER ::= { enterprises 4711 }
    fanState OBJECT-TYPE SYNTAX INTEGER { good(1), bad(2) } ACCESS read-only STATUS mandatory ::= { a 1 }
    fanSpeed OBJECT-TYPE SYNTAX INTEGER UNITS "rpm" ACCESS read-only STATUS mandatory ::= { a 2 }
    noted NOTIFICATION-TYPE OBJECTS { fanState } STATUS current DESCRIPTION "x"
      --#SUMMARY "Fan %s at %d"
      --#ARGUMENTS {0, 1}
      --#SEVERITY CRITICAL
      ::= { a 0 1 }
    powerSupplyFailure NOTIFICATION-TYPE STATUS current DESCRIPTION "x" ::= { a 0 2 }
    powerSupplyFailureCleared NOTIFICATION-TYPE STATUS current DESCRIPTION "x" ::= { a 0 3 }
    END`;
  const { tree, problems } = buildLibrary(standard, [{ file: 'a', text: acme }]);
  assert.deepEqual(problems, []);
  const own = { ...knowledge, tree };
  const fan = lineOf(
    v2('1.3.6.1.4.1.4711.0.1', [
      { oid: '1.3.6.1.4.1.4711.1.0', type: SnmpType.integer, value: 2 },
      { oid: '1.3.6.1.4.1.4711.2.0', type: SnmpType.integer, value: 900 },
    ]),
    1,
    own,
  ).content;
  assert.equal(fan.severity, 2);
  assert.equal(fan.text, 'noted: Fan bad at 900 (fanState.0=bad(2), fanSpeed.0=900 rpm)');
  assert.equal(fan.fields?.['fanState'], 'bad');
  assert.equal(lineOf(v2('1.3.6.1.4.1.4711.0.2'), 1, own).content.severity, 4);
  assert.equal(lineOf(v2('1.3.6.1.4.1.4711.0.3'), 1, own).content.severity, 5);
  assert.equal(lineOf(v2('1.3.6.1.4.1.424242.0.1')).content.text, '1.3.6.1.4.1.424242.0.1');
});

test('values of two rows both stand in the fields, and no sender overwrites ours', () => {
  const { fields } = lineOf(
    v2('1.3.6.1.6.3.1.1.5.3', [
      { oid: '1.3.6.1.2.1.2.2.1.1.7', type: SnmpType.integer, value: 7 },
      { oid: '1.3.6.1.2.1.2.2.1.1.8', type: SnmpType.integer, value: 8 },
      { oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.timeTicks, value: 1 },
    ]),
  ).content;
  assert.equal(fields?.['ifIndex'], '7');
  assert.equal(fields?.['ifIndex.8'], '8');
  assert.equal(fields?.['sysUpTime'], '1234');
});

test('any notification that decodes makes a line of bounded size', () => {
  const varbind = fc.record({
    oid: fc.array(fc.nat({ max: 300 }), { maxLength: 20 }).map((arcs) => ['1.3.6', ...arcs].join('.')),
    type: fc.constantFrom(SnmpType.octetString, SnmpType.opaque),
    value: fc.uint8Array({ maxLength: 3_000 }).map((octets) => Buffer.from(octets)),
  });
  fc.assert(
    fc.property(fc.array(varbind, { maxLength: 8 }), (varbinds) => {
      const { content } = lineOf(v2('1.3.6.1.6.3.1.1.5.3', varbinds));
      assert.ok(content.text.length <= 8_192);
      assert.equal(content.fields?.['trapOid'], '1.3.6.1.6.3.1.1.5.3');
    }),
    { numRuns: 100 },
  );
});

test('definitions of the operator replace ours; a file with a fault is told with its line and left out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sotp-definitions-'));
  const good = join(folder, 'good.yaml');
  const bad = join(folder, 'bad.yaml');
  await writeFile(
    good,
    'notifications:\n  - {oid: 1.3.6.1.6.3.1.1.5.3, name: linkDown, severity: info, message: "Port {ifIndex}[ of {nobody}]"}\n',
  );
  await writeFile(bad, 'notifications:\n  - oid: 1.2.3\n    name: x\n    severity: awful\n');
  const { definitions, problems } = readDefinitions([good, bad]);
  await rm(folder, { recursive: true });
  const own = { ...knowledge, definitions };
  const { content, poll } = lineOf(
    v2('1.3.6.1.6.3.1.1.5.3', [{ oid: '1.3.6.1.2.1.2.2.1.1.7', type: SnmpType.integer, value: 7 }]),
    1,
    own,
  );
  assert.equal(content.text, 'linkDown: Port 7 (ifIndex.7=7)');
  assert.deepEqual([content.severity, poll], [6, false]);
  assert.deepEqual(
    problems.map(({ file, line }) => [file, line]),
    [[bad, 4]],
  );
});

const at = (time: number, digest: string, boots = 5) => ({ boots, time, digest });
const user = { name: 'u', level: 1, authKey: () => null, keys: () => NO_KEYS };

function metEngine(engines: Engines = createEngines(NO_KEYS, 10)) {
  const engine = engines.get('e') ?? engines.meet('e', user, NO_KEYS);
  return { engines, judge: (message: ReturnType<typeof at>, nowMs = 1_000) => engines.judge(engine, message, nowMs) };
}

test('a message is taken once, in its window, and never after a restart of its engine', () => {
  const { judge } = metEngine();
  assert.equal(judge(at(1000, 'a')), 'timely');
  assert.equal(judge(at(1000, 'a')), 'replayed');
  assert.equal(judge(at(1000, 'b')), 'timely');
  assert.equal(judge(at(851, 'late')), 'timely');
  assert.equal(judge(at(849, 'too late')), 'not_in_time');
  assert.equal(judge(at(3, 'after a restart', 6)), 'timely');
  assert.equal(judge(at(1000, 'b')), 'not_in_time');
  assert.equal(judge(at(1000, 'c', 0x7fff_ffff)), 'not_in_time');
  // The engine's clock goes on while it says nothing.
  assert.equal(judge(at(4, 'held back', 6), 1_000 + 300_000), 'not_in_time');
});

test('whatever order messages come in, none is ever taken twice', () => {
  const message = fc.record({
    boots: fc.integer({ min: 1, max: 3 }),
    time: fc.nat({ max: 400 }),
    digest: fc.constantFrom('a', 'b', 'c', 'd'),
  });
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 60 }),
      fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
      (messages, restarts) => {
        let { engines, judge } = metEngine();
        const taken = new Set<string>();
        for (const [i, one] of messages.entries()) {
          // A digest stands for the whole message, its boots and time with it.
          const full = { ...one, digest: `${one.boots} ${one.time} ${one.digest}` };
          if (judge(full, i * 100) === 'timely') {
            assert.ok(!taken.has(full.digest), full.digest);
            taken.add(full.digest);
          }
          if (!restarts[i]) continue;
          const again = createEngines(NO_KEYS, 10);
          again.restore(engines.store());
          ({ engines, judge } = metEngine(again));
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('an address gets what it may a second, whatever others send', () => {
  let now = 0;
  const within = createSourceLimit(10, () => now);
  const taken = (source: string, count: number) =>
    Array.from({ length: count }, () => within(source)).filter(Boolean).length;
  assert.equal(taken('flood', 1000), 10);
  assert.equal(taken('honest', 5), 5);
  now = 500;
  assert.equal(taken('flood', 1000), 5);
  for (let i = 0; i < 30_000; i += 1) within(`forged ${i}`);
  assert.equal(taken('honest', 5), 5);
});

test('what was seen is remembered for at least its while, within a bounded memory', () => {
  let now = 0;
  const recent = createRecent<number>(1_000, 100, { monotonic: () => now });
  recent.set('a', 1);
  now = 999;
  assert.equal(recent.get('a'), 1);
  now = 1_500;
  assert.equal(recent.get('a'), 1);
  now = 4_000;
  assert.equal(recent.get('a'), undefined);
  for (let i = 0; i < 1_000; i += 1) recent.set(String(i), i);
  assert.equal(recent.get('0'), undefined);
  assert.equal(recent.get('999'), 999);
});

test('boots go up with every start, before anything else; a file that cannot be read gives a new engine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sotp-engine-'));
  const file = join(folder, 'deep', 'snmp-engine.json');
  const first = await openState(file);
  const second = await openState(file);
  assert.equal(second.engineId, first.engineId);
  assert.deepEqual([first.boots, second.boots], [1, 2]);
  await writeState(file, { ...second, boots: 0x7fff_fffe });
  const worn = await openState(file);
  assert.notEqual(worn.engineId, first.engineId);
  assert.equal(worn.boots, 1);
  await writeFile(file, '{"engineId": 5');
  const fresh = await openState(file);
  assert.notEqual(fresh.engineId, worn.engineId);
  assert.ok((await readFile(file, 'utf8')).includes(fresh.engineId));
  await rm(folder, { recursive: true });
});
