import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SnmpV3Secret } from '@sotp/contract/credentials.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { CheckResult, OpenCollector, PollContext, Target } from '#collectors/collector.ts';
import { snmpCollector } from './index.ts';
import type { SnmpSettings } from './settings.ts';
import { skipWithoutSnmpd, startSnmpd } from './testing/snmpd.ts';
import type { RunningSnmpd } from './testing/snmpd.ts';

/** Protocols by our names and by those of snmpd.conf. */
const AUTH = {
  MD5: 'MD5',
  SHA: 'SHA',
  SHA224: 'SHA-224',
  SHA256: 'SHA-256',
  SHA384: 'SHA-384',
  SHA512: 'SHA-512',
} as const;
const PRIV = { DES: 'DES', AES: 'AES', AES192: 'AES-192', AES256: 'AES-256' } as const;
type Auth = keyof typeof AUTH;
type Priv = keyof typeof PRIV;
const auths = Object.keys(AUTH) as Auth[];
const privs = Object.keys(PRIV) as Priv[];
const AUTH_KEY = 'authentic-secret';
const PRIV_KEY = 'private-secret';

const users = [
  'createUser nobody',
  'rouser nobody noauth',
  `createUser strict SHA "${AUTH_KEY}" AES "${PRIV_KEY}"`,
  'rouser strict priv',
  ...auths.flatMap((auth) => [
    `createUser ${auth} ${AUTH[auth]} "${AUTH_KEY}"`,
    `rouser ${auth} auth`,
    ...privs.flatMap((priv) => [
      `createUser ${auth}${priv} ${AUTH[auth]} "${AUTH_KEY}" ${PRIV[priv]} "${PRIV_KEY}"`,
      `rouser ${auth}${priv} priv`,
    ]),
  ]),
];

let agent: RunningSnmpd;
let collector: OpenCollector<SnmpSettings>;
let settings: SnmpSettings;
before(async () => {
  if (skipWithoutSnmpd) return;
  agent = await startSnmpd({ config: users.join('\n') });
  collector = await snmpCollector.open({ clock: systemClock, log: silentLog });
  settings = snmpCollector.settings.parse({ port: agent.port, timeoutMs: 500, retries: 1 });
});
after(async () => {
  await collector?.close();
  await agent?.stop();
});

let lastDevice = 0;
function targetWith(secret: SnmpV3Secret): Target {
  lastDevice += 1;
  return {
    deviceId: lastDevice,
    address: '127.0.0.1',
    credentials: [{ id: 'c', name: 'user', value: { kind: 'snmp-v3', secret } }],
  };
}
const context = (): PollContext => ({ signal: AbortSignal.timeout(20_000), budgetMs: 20_000, at: Date.now() });
const real = { skip: skipWithoutSnmpd };

function secretOf(username: string, auth?: Auth, priv?: Priv, change: Partial<SnmpV3Secret> = {}): SnmpV3Secret {
  return {
    username,
    securityLevel: priv ? 'authPriv' : auth ? 'authNoPriv' : 'noAuthNoPriv',
    authProtocol: auth,
    authKey: auth && AUTH_KEY,
    privProtocol: priv,
    privKey: priv && PRIV_KEY,
    ...change,
  };
}

async function check(secret: SnmpV3Secret, how = settings): Promise<CheckResult> {
  const [result] = await collector.check(targetWith(secret), how, context());
  assert.ok(result);
  return result;
}

test('a user without security is heard', real, async () => {
  const result = await check(secretOf('nobody'));
  assert.equal(result.message, 'test-agent answers.');
});

for (const auth of auths) {
  test(`users with ${auth}, without and with each privacy protocol, are heard`, real, async () => {
    const results = [await check(secretOf(auth, auth))];
    for (const priv of privs) results.push(await check(secretOf(`${auth}${priv}`, auth, priv)));
    for (const result of results) assert.equal(result.message, 'test-agent answers.');
  });
}

test('a poll over authPriv gives facts and samples', real, async () => {
  const target = targetWith(secretOf('SHA256AES', 'SHA256', 'AES'));
  const first = await collector.poll(target, settings, context());
  assert.equal(first.facts?.system?.sysName, 'test-agent');
  const second = await collector.poll(target, settings, context());
  assert.equal(second.samples[0]?.layout, first.samples[0]?.layout);
  assert.equal(second.restarted, false);
});

const wrong: readonly [string, SnmpV3Secret, string][] = [
  ['an unknown user', secretOf('stranger', 'SHA'), 'snmp_unknown_user'],
  [
    'a wrong authentication password',
    secretOf('SHA', 'SHA', undefined, { authKey: 'not the password' }),
    'snmp_wrong_digest',
  ],
  ['a wrong authentication protocol', secretOf('SHA', 'MD5'), 'snmp_wrong_digest'],
  ['a wrong privacy password', secretOf('SHAAES', 'SHA', 'AES', { privKey: 'not the password' }), 'snmp_wrong_privacy'],
  ['a wrong privacy protocol', secretOf('SHAAES', 'SHA', 'DES'), 'snmp_wrong_privacy'],
  ['a level that the user has no keys for', secretOf('SHA', 'SHA', 'AES'), 'snmp_unsupported_security'],
  ['a level below what the device asks for', secretOf('strict', 'SHA'), 'snmp_error'],
  ['an unknown context', secretOf('SHA', 'SHA', undefined, { context: 'vlan-7' }), 'snmp_unknown_context'],
];
for (const [name, secret, code] of wrong) {
  test(`${name} is named as ${code}, quickly`, real, async () => {
    const result = await check(secret, { ...settings, timeoutMs: 2000 });
    assert.equal(result.ok, false);
    assert.equal(result.code, code, result.message);
    assert.ok(result.durationMs < 10_000, `${result.durationMs} ms`);
    assert.ok(!result.message.includes(AUTH_KEY) && !result.message.includes(PRIV_KEY));
  });
}

test('an agent that started anew is followed within one poll, and the restart is told', real, async () => {
  const config = `createUser u SHA "${AUTH_KEY}"\nrouser u auth`;
  const first = await startSnmpd({ config });
  const here = { ...settings, port: first.port };
  const target = targetWith(secretOf('u', 'SHA'));
  await collector.poll(target, here, context());
  await first.stop('SIGINT');
  const second = await startSnmpd({ config, restartOf: first });
  try {
    const result = await collector.poll(target, here, context());
    assert.equal(result.restarted, true);
    assert.ok(result.samples.length > 0);
    assert.equal((await collector.poll(target, here, context())).restarted, false);
  } finally {
    await second.stop();
  }
});

test('an agent with another engine ID is followed within one poll, and the exchange is told', real, async () => {
  const config = `createUser u SHA "${AUTH_KEY}"\nrouser u auth\n`;
  const first = await startSnmpd({ config: `${config}exactEngineID 0x8000000001020304` });
  const here = { ...settings, port: first.port };
  const target = targetWith(secretOf('u', 'SHA'));
  await collector.poll(target, here, context());
  await first.stop();
  const second = await startSnmpd({ config: `${config}exactEngineID 0x8000000001020305`, restartOf: first });
  try {
    assert.equal((await collector.poll(target, here, context())).restarted, true);
  } finally {
    await second.stop();
  }
});
