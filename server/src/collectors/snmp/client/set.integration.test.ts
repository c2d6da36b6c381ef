import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { openConversation } from '#collectors/snmp/conversation.ts';
import { SnmpSettings } from '#collectors/snmp/settings.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';
import { createKeyRing } from '#protocols/snmp/usm/keys.ts';
import { openTestTransport, read } from '#collectors/snmp/testing/session.ts';
import { skipWithoutSnmpd, startSnmpd } from '#collectors/snmp/testing/snmpd.ts';
import type { RunningSnmpd } from '#collectors/snmp/testing/snmpd.ts';
import type { SnmpTransport } from '#collectors/snmp/transport/transport.ts';
import { communitySecurity } from './security.ts';
import type { Security } from './security.ts';
import { Session } from './session.ts';
import { setValues } from './set.ts';
import { usmSecurity } from './usm.ts';

const SYS_CONTACT = '1.3.6.1.2.1.1.4.0';
const SYS_LOCATION = '1.3.6.1.2.1.1.6.0';
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
const PASSWORD = 'authentic-secret';

let agent: RunningSnmpd;
let transport: SnmpTransport;
before(async () => {
  if (skipWithoutSnmpd) return;
  const config = `createUser writer SHA-256 "${PASSWORD}" AES "${PASSWORD}"\nrwuser writer priv`;
  agent = await startSnmpd({ config, writable: true });
  transport = await openTestTransport();
});
after(async () => {
  await transport?.close();
  await agent?.stop();
});

function sessionWith(security: Security): Session {
  const endpoint = { address: '127.0.0.1', port: agent.port, family: 4 } as const;
  return new Session({ transport, endpoint, security, timeoutMs: 1000, tries: 2, random: Math.random });
}
const text = (oid: string, value: string): OutgoingVarbind => ({ oid, type: SnmpType.octetString, value });
const writer = {
  name: 'writer',
  context: '',
  auth: { protocol: 'SHA256', password: PASSWORD },
  priv: { protocol: 'AES', password: PASSWORD },
} as const;
const securities: readonly [string, () => Security][] = [
  ['v1', () => communitySecurity(0, 'secret')],
  ['v2c', () => communitySecurity(1, 'secret')],
  ['v3', () => usmSecurity(writer, { clock: systemClock, ring: createKeyRing(), salt: Buffer.alloc(8) })],
];
const real = { skip: skipWithoutSnmpd };

for (const [version, security] of securities) {
  test(`two values that are set over ${version} are read back`, real, async () => {
    const session = sessionWith(security());
    const values = [text(SYS_CONTACT, `ops ${version}`), text(SYS_LOCATION, 'Räck 7')];
    const said = await setValues(session, values);
    assert.deepEqual(
      said.map(({ oid, value }) => [oid, String(value)]),
      [
        [SYS_CONTACT, `ops ${version}`],
        [SYS_LOCATION, 'Räck 7'],
      ],
    );
    const now = await read(session).get([SYS_CONTACT, SYS_LOCATION]);
    assert.deepEqual(
      now.map((varbind) => String(varbind?.value)),
      [`ops ${version}`, 'Räck 7'],
    );
  });
}

const refused: readonly [string, () => Security, OutgoingVarbind, RegExp][] = [
  [
    'a community that may only read',
    () => communitySecurity(1, 'public'),
    text(SYS_CONTACT, 'x'),
    /noAccess to 1\.3\.6\.1\.2\.1\.1\.4\.0: its access rules/,
  ],
  [
    'a community that may only read, over v1',
    () => communitySecurity(0, 'public'),
    text(SYS_CONTACT, 'x'),
    /noSuchName to 1\.3\.6\.1\.2\.1\.1\.4\.0/,
  ],
  [
    'a value that nobody may write',
    () => communitySecurity(1, 'secret'),
    { oid: SYS_UP_TIME, type: SnmpType.timeTicks, value: 1 },
    /notWritable to 1\.3\.6\.1\.2\.1\.1\.3\.0/,
  ],
  [
    'a value of the wrong type',
    () => communitySecurity(1, 'secret'),
    { oid: SYS_CONTACT, type: SnmpType.integer, value: 1 },
    /wrongType to 1\.3\.6\.1\.2\.1\.1\.4\.0/,
  ],
  [
    'a value that is too long',
    () => communitySecurity(1, 'secret'),
    text(SYS_CONTACT, 'x'.repeat(300)),
    /wrongLength|tooBig/,
  ],
];
for (const [what, security, varbind, message] of refused) {
  test(`${what} is refused with its name and the reason, and nothing is changed`, real, async () => {
    const before = await read(sessionWith(communitySecurity(1, 'public'))).get([SYS_LOCATION]);
    // The other value could be set, but all are or none.
    const values = [varbind, text(SYS_LOCATION, 'changed')];
    await assert.rejects(setValues(sessionWith(security()), values), { code: 'snmp_error', message });
    const now = await read(sessionWith(communitySecurity(1, 'public'))).get([SYS_LOCATION]);
    assert.deepEqual(now[0]?.value, before[0]?.value);
  });
}

test('a value that does not fit its type is refused before anything is sent', real, async () => {
  const { sent } = transport.counters;
  const session = sessionWith(communitySecurity(1, 'secret'));
  await assert.rejects(setValues(session, [{ oid: SYS_CONTACT, type: SnmpType.gauge32, value: -1 }]), {
    code: 'validation_failed',
  });
  assert.equal(transport.counters.sent, sent);
});

test('a conversation for people reads, sets, and tells why it cannot begin', real, async () => {
  const credential = { id: 'c', name: 'c', value: { kind: 'snmp-v2c' as const, secret: { community: 'secret' } } };
  const target = { deviceId: 0, address: 'localhost', credentials: [credential] };
  const settings = SnmpSettings.parse({ port: agent.port });
  const deps = { clock: systemClock, log: silentLog };
  const signal = AbortSignal.timeout(20_000);
  const conversation = await openConversation(target, settings, signal, deps);
  try {
    await conversation.set([text(SYS_CONTACT, 'by hand')]);
    const [contact] = await conversation.walk(SYS_CONTACT.slice(0, -2));
    assert.equal(String(contact?.value), 'by hand');
  } finally {
    await conversation.close();
  }
  await assert.rejects(openConversation({ ...target, credentials: [] }, settings, signal, deps), {
    code: 'credential_missing',
  });
  await assert.rejects(openConversation(target, { ...settings, port: 9 }, signal, deps), {
    code: 'connection_refused',
  });
});
