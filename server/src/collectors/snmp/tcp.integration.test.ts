import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CredentialSecret } from '@sotp/contract/credentials.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { OpenCollector, PollContext, Target } from '#collectors/collector.ts';
import { snmpCollector } from './index.ts';
import type { SnmpSettings } from './settings.ts';
import { hasIpv6, skipWithoutSnmpd, startSnmpd } from './testing/snmpd.ts';
import type { RunningSnmpd } from './testing/snmpd.ts';

const PASSWORD = 'authentic-secret';
const config = `createUser u SHA-256 "${PASSWORD}" AES "${PASSWORD}"\nrouser u priv`;
const v2c: CredentialSecret = { kind: 'snmp-v2c', secret: { community: 'public' } };
const v3: CredentialSecret = {
  kind: 'snmp-v3',
  secret: {
    username: 'u',
    securityLevel: 'authPriv',
    authProtocol: 'SHA256',
    authKey: PASSWORD,
    privProtocol: 'AES',
    privKey: PASSWORD,
  },
};

let agent: RunningSnmpd;
let collector: OpenCollector<SnmpSettings>;
let settings: SnmpSettings;
before(async () => {
  if (skipWithoutSnmpd) return;
  agent = await startSnmpd({ config });
  collector = await snmpCollector.open({ clock: systemClock, log: silentLog });
  settings = snmpCollector.settings.parse({ port: agent.port, transport: 'tcp', timeoutMs: 500, retries: 2 });
});
after(async () => {
  await collector?.close();
  await agent?.stop();
});

let lastDevice = 0;
function targetAt(address: string, value: CredentialSecret): Target {
  lastDevice += 1;
  return { deviceId: lastDevice, address, credentials: [{ id: 'c', name: 'c', value }] };
}
const context = (): PollContext => ({ signal: AbortSignal.timeout(20_000), budgetMs: 20_000, at: Date.now() });
const real = { skip: skipWithoutSnmpd };
const skip6 = skipWithoutSnmpd || (!hasIpv6 && 'the loopback has no IPv6');

for (const [name, address, value, skip] of [
  ['v2c over TCP', '127.0.0.1', v2c, skipWithoutSnmpd],
  ['v3 over TCP', '127.0.0.1', v3, skipWithoutSnmpd],
  ['v2c over TCP and IPv6', '::1', v2c, skip6],
  ['v3 over TCP and IPv6', '::1', v3, skip6],
] as const) {
  test(`a real agent gives facts and samples by ${name}`, { skip }, async () => {
    const target = targetAt(address, value);
    const first = await collector.poll(target, settings, context());
    assert.equal(first.facts?.system?.sysName, 'test-agent');
    const second = await collector.poll(target, settings, context());
    assert.equal(second.samples[0]?.layout, first.samples[0]?.layout);
    assert.deepEqual(second.faults, []);
  });
}

test('where nothing listens on TCP, that is told at once', real, async () => {
  const [refused] = await collector.check(targetAt('127.0.0.1', v2c), { ...settings, port: 9 }, context());
  assert.equal(refused?.code, 'connection_refused');
  assert.match(refused?.message ?? '', /nothing listens on TCP port 9/);
  assert.ok((refused?.durationMs ?? 1000) < 300);
});

test('an agent that started anew is reached over a new connection, by the very next poll', real, async () => {
  const first = await startSnmpd({ config });
  const here = { ...settings, port: first.port };
  const target = targetAt('127.0.0.1', v3);
  await collector.poll(target, here, context());
  await first.stop('SIGINT');
  const second = await startSnmpd({ config, restartOf: first });
  try {
    const result = await collector.poll(target, here, context());
    assert.equal(result.restarted, true);
    assert.ok(result.samples.length > 0);
  } finally {
    await second.stop();
  }
});
