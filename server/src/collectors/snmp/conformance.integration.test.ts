import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import type { CredentialSecret, SnmpV3Secret } from '@sotp/contract/credentials.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { PollContext, Target } from '#collectors/collector.ts';
import { encodeOid } from '#protocols/snmp/oid.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { createKeyRing } from '#protocols/snmp/usm/keys.ts';
import { ask } from './client/operations.ts';
import { createSnmpReader } from './client/reader.ts';
import type { Session } from './client/session.ts';
import { createSessionOpener } from './conversation.ts';
import { createSnmpCollector, snmpCollector } from './index.ts';
import { SnmpSettings } from './settings.ts';
import { openTestTransport } from './testing/session.ts';
import { skipWithoutSnmpd, startSnmpd } from './testing/snmpd.ts';
import type { RunningSnmpd } from './testing/snmpd.ts';
import { createResolver } from './transport/resolver.ts';
import type { SnmpTransport } from './transport/transport.ts';

const PASSWORD = 'authentic-secret';
const CONTEXT = 'vlan-7';
const SYSTEM = '1.3.6.1.2.1.1';
const SYS_NAME = `${SYSTEM}.5.0`;

let behind: RunningSnmpd;
let agent: RunningSnmpd;
let transport: SnmpTransport;
before(async () => {
  if (skipWithoutSnmpd) return;
  // What the context holds is another agent's system group: so it cannot be mistaken for the default context's.
  behind = await startSnmpd({ name: 'agent-in-context' });
  const config = [
    `createUser u SHA-256 "${PASSWORD}" AES "${PASSWORD}"`,
    'rouser u priv',
    `rouser u priv -V all ${CONTEXT}`,
    'view all included .1',
    `proxy -Cn ${CONTEXT} -v 2c -c public 127.0.0.1:${behind.port} .${SYSTEM}`,
  ];
  agent = await startSnmpd({ config: config.join('\n') });
  transport = await openTestTransport();
});
after(async () => {
  await transport?.close();
  await agent?.stop();
  await behind?.stop();
});

const real = { skip: skipWithoutSnmpd };
const v3 = (change: Partial<SnmpV3Secret> = {}): CredentialSecret => {
  const keys = { authProtocol: 'SHA256', authKey: PASSWORD, privProtocol: 'AES', privKey: PASSWORD } as const;
  return { kind: 'snmp-v3', secret: { username: 'u', securityLevel: 'authPriv', ...keys, ...change } };
};
const versions: readonly [string, CredentialSecret, string[]][] = [
  ['v1', { kind: 'snmp-v1', secret: { community: 'public' } }, ['-v1', '-cpublic']],
  ['v2c', { kind: 'snmp-v2c', secret: { community: 'public' } }, ['-v2c', '-cpublic']],
  ['v3', v3(), ['-v3', '-uu', '-lauthPriv', '-aSHA-256', `-A${PASSWORD}`, '-xAES', `-X${PASSWORD}`]],
];

let lastDevice = 0;
function targetWith(value: CredentialSecret): Target {
  lastDevice += 1;
  return { deviceId: lastDevice, address: '127.0.0.1', credentials: [{ id: 'c', name: 'c', value }] };
}

async function sessionWith(value: CredentialSecret): Promise<Session> {
  const ring = createKeyRing();
  const deps = { transport, resolver: createResolver(systemClock), ring, clock: systemClock, random: Math.random };
  const target = targetWith(value);
  const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 1000 });
  const [credential] = target.credentials;
  assert.ok(credential);
  return await createSessionOpener(deps)(target, credential, settings, AbortSignal.timeout(20_000));
}

/** What one of net-snmp's tools prints, one line a value: `.oid type: value`. */
function netSnmp(tool: string, args: readonly string[], ...oids: string[]): string[] {
  const given = ['-On', '-Oe', '-OU', '-Ot', '-m', '', ...args, `127.0.0.1:${agent.port}`, ...oids];
  const { stdout, error } = spawnSync(tool, given, { encoding: 'utf8', env: { ...process.env, MIBS: '' } });
  if (error) throw error;
  return stdout.trim().split('\n');
}
const oidOf = (line: string): string => line.slice(1, line.indexOf(' '));
const isThere = (tool: string): boolean => spawnSync(tool, ['-V']).error === undefined;
const skipTools =
  skipWithoutSnmpd ||
  (!isThere('snmpget') ? "net-snmp's tools are not installed (Debian: apt-get install snmp)" : false);

for (const [version, secret, args] of versions) {
  test(
    `GET, GETNEXT and GETBULK over ${version} give what net-snmp's own tools give`,
    { skip: skipTools },
    async () => {
      const session = await sessionWith(secret);
      const names = [SYS_NAME, `${SYSTEM}.6.0`, `${SYSTEM}.2.0`];
      const got = await ask(session, PduType.get, names.map(encodeOid));
      const theirs = netSnmp('snmpget', args, ...names);
      assert.deepEqual(
        got.varbinds.map(({ oid }) => oid),
        theirs.map(oidOf),
      );
      assert.match(theirs[0] ?? '', new RegExp(`STRING: "?${String(got.varbinds[0]?.value)}"?$`));
      assert.match(theirs[2] ?? '', new RegExp(`OID: \\.${String(got.varbinds[2]?.value).replaceAll('.', '\\.')}$`));

      const next = await ask(session, PduType.getNext, [encodeOid(`${SYSTEM}.4`), encodeOid(SYS_NAME)]);
      assert.deepEqual(
        next.varbinds.map(({ oid }) => oid),
        netSnmp('snmpgetnext', args, `${SYSTEM}.4`, SYS_NAME).map(oidOf),
      );
      if (version === 'v1') return;
      const bulk = await ask(session, PduType.getBulk, [`${SYSTEM}.3`, '1.3.6.1.2.1.2.2.1.1'].map(encodeOid), 1, 3);
      assert.deepEqual(
        bulk.varbinds.map(({ oid }) => oid),
        netSnmp('snmpbulkget', [...args, '-Cn1', '-Cr3'], `${SYSTEM}.3`, '1.3.6.1.2.1.2.2.1.1').map(oidOf),
      );
    },
  );

  test(`a walk over ${version} finds what net-snmp's snmpwalk finds, by GETNEXT too`, { skip: skipTools }, async () => {
    const theirs = netSnmp('snmpwalk', args, '1.3.6.1.2.1.2').map(oidOf);
    for (const bulk of [true, false]) {
      const session = await sessionWith(secret);
      session.bulk &&= bulk;
      const reader = createSnmpReader({ session, clock: systemClock, maxRepetitions: 10 });
      const ours = await reader.walk('1.3.6.1.2.1.2');
      assert.deepEqual(
        ours.map(({ oid }) => oid),
        theirs,
      );
      assert.deepEqual(reader.faults, []);
    }
  });
}

test('a context gives its own values, the default context the agent’s', real, async () => {
  const names = [encodeOid(SYS_NAME)];
  const outside = await ask(await sessionWith(v3()), PduType.get, names);
  assert.equal(String(outside.varbinds[0]?.value), 'test-agent');
  const inside = await ask(await sessionWith(v3({ context: CONTEXT })), PduType.get, names);
  assert.equal(String(inside.varbinds[0]?.value), 'agent-in-context');
});

test('a context that the agent does not have is named, and so is silence', real, async () => {
  const collector = await snmpCollector.open({ clock: systemClock, log: silentLog });
  try {
    const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 300, retries: 1 });
    const context = (): PollContext => ({ signal: AbortSignal.timeout(20_000), budgetMs: 20_000, at: Date.now() });
    const codes: (string | null | undefined)[] = [];
    for (const secret of [v3({ context: 'vlan-8' }), versionSilent]) {
      const [result] = await collector.check(targetWith(secret), settings, context());
      codes.push(result?.code);
    }
    assert.deepEqual(codes, ['snmp_unknown_context', 'no_answer']);
  } finally {
    await collector.close();
  }
});
const versionSilent: CredentialSecret = { kind: 'snmp-v2c', secret: { community: 'not this one' } };

for (const [what, shiftMs] of [
  ['an hour ahead', 3_600_000],
  ['ahead by 140 s, which is within the window', 140_000],
] as const) {
  test(`our clock ${what}: the same poll finds back to the agent's time, and no restart is told`, real, async () => {
    let shift = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + shift };
    // A transport of its own keeps timeouts out of the shifted time.
    const own = await openTestTransport();
    const collector = createSnmpCollector(own, { clock, log: silentLog, random: Math.random });
    const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 1000 });
    const context = (): PollContext => ({ signal: AbortSignal.timeout(20_000), budgetMs: 20_000, at: Date.now() });
    const target = targetWith(v3());
    try {
      await collector.poll(target, settings, context());
      shift = shiftMs;
      const moved = await collector.poll(target, settings, context());
      assert.ok((moved.samples[0]?.values.length ?? 0) > 0);
      assert.deepEqual(moved.faults, []);
      const { timedOut } = own.counters;
      await collector.poll(target, settings, context());
      assert.equal(own.counters.timedOut, timedOut);
    } finally {
      await collector.close();
    }
  });
}
