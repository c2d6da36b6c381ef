import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { OpenCollector, PollContext, Target } from '#collectors/collector.ts';
import { snmpCollector } from './index.ts';
import type { SnmpSettings } from './settings.ts';
import { hasIpv6, skipWithoutSnmpd, startSnmpd } from './testing/snmpd.ts';
import type { RunningSnmpd } from './testing/snmpd.ts';

let agent: RunningSnmpd;
let collector: OpenCollector<SnmpSettings>;
let settings: SnmpSettings;
before(async () => {
  if (skipWithoutSnmpd) return;
  agent = await startSnmpd();
  collector = await snmpCollector.open({ clock: systemClock, log: silentLog });
  settings = snmpCollector.settings.parse({ port: agent.port, timeoutMs: 300, retries: 1 });
});
after(async () => {
  await collector?.close();
  await agent?.stop();
});

function targetWith(deviceId: number, ...communities: [kind: 'snmp-v1' | 'snmp-v2c', community: string][]): Target {
  const credentials = communities.map(([kind, community], i) => {
    return { id: `c${i}`, name: `credential ${i}`, value: { kind, secret: { community } } };
  });
  return { deviceId, address: '127.0.0.1', credentials };
}
const context = (): PollContext => ({ signal: AbortSignal.timeout(20_000), budgetMs: 20_000, at: Date.now() });
const real = { skip: skipWithoutSnmpd };

for (const kind of ['snmp-v1', 'snmp-v2c'] as const) {
  test(`the first poll of a real agent over ${kind} gives facts and samples within 5 s`, real, async () => {
    const started = performance.now();
    const target = targetWith(kind === 'snmp-v1' ? 1 : 2, [kind, 'public']);
    const result = await collector.poll(target, settings, context());
    assert.ok(performance.now() - started < 5000);
    assert.equal(result.facts?.system?.sysName, 'test-agent');
    const loopback = result.facts?.interfaces?.find((port) => port.ifDescr === 'lo');
    assert.equal(loopback?.operStatus, 'up');
    const [fast] = result.samples;
    const at = fast?.layout.series.findIndex(
      ({ metric, labels }) => /^if(HC)?InOctets$/.test(metric) && labels['interface'] === 'lo',
    );
    assert.ok(at !== undefined && at >= 0 && (fast?.values[at] ?? 0) > 0);
    assert.equal(result.restarted, false);

    const second = await collector.poll(target, settings, context());
    assert.equal(second.samples[0]?.layout, fast?.layout, 'the same layout object');
    assert.ok((second.samples[0]?.values[at] ?? 0) >= (fast?.values[at] ?? 0));
  });
}

test('an agent is read over IPv6', { skip: skipWithoutSnmpd || (!hasIpv6 && 'the loopback has no IPv6') }, async () => {
  const target = { ...targetWith(20, ['snmp-v2c', 'public']), address: '0:0::1' };
  const result = await collector.poll(target, settings, context());
  assert.equal(result.facts?.system?.sysName, 'test-agent');
  const [refused] = await collector.check(target, { ...settings, port: 9 }, context());
  assert.match(refused?.message ?? '', /^\[::1\]:9 refuses/);
});

test('two devices of equal shape share one layout', real, async () => {
  const results = [];
  for (const id of [11, 12])
    results.push(await collector.poll(targetWith(id, ['snmp-v2c', 'public']), settings, context()));
  assert.equal(results[0]?.samples[0]?.layout, results[1]?.samples[0]?.layout);
});

test('credentials are tried in order, and the one that answers is told and kept', real, async () => {
  const target = targetWith(3, ['snmp-v2c', 'wrong'], ['snmp-v2c', 'public']);
  assert.equal((await collector.poll(target, settings, context())).credentialId, 'c1');
  const sent = collector.metrics()['snmp_request_timed_out_total'];
  await collector.poll(target, settings, context());
  assert.equal(collector.metrics()['snmp_request_timed_out_total'], sent, 'the wrong one is not tried again');
});

test('check says of each credential what came of it', real, async () => {
  const results = await collector.check(
    targetWith(4, ['snmp-v2c', 'wrong'], ['snmp-v2c', 'public']),
    settings,
    context(),
  );
  assert.deepEqual(
    results.map(({ credentialId, ok, code }) => [credentialId, ok, code]),
    [
      ['c0', false, 'no_answer'],
      ['c1', true, null],
    ],
  );
  assert.match(
    results[0]?.message ?? '',
    /community may be wrong, or a firewall drops UDP \d+: the two cannot be told apart/,
  );
  assert.match(results[1]?.message ?? '', /test-agent/);
});

test(
  'a port where nothing listens is refused at once; a name without address and a device without credential are named',
  real,
  async () => {
    const target = targetWith(5, ['snmp-v2c', 'public']);
    const [refused] = await collector.check(target, { ...settings, port: 9 }, context());
    assert.equal(refused?.code, 'connection_refused');
    assert.ok((refused?.durationMs ?? 1000) < 300);
    const [unknown] = await collector.check({ ...target, address: 'no-such-host.invalid' }, settings, context());
    assert.equal(unknown?.code, 'address_unresolvable');
    const [without] = await collector.check({ ...target, credentials: [] }, settings, context());
    assert.equal(without?.code, 'credential_missing');
  },
);

test('a poll stops at once when its signal aborts', real, async () => {
  const reason = new Error('shutting down');
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), 50);
  const started = performance.now();
  const poll = collector.poll(
    targetWith(6, ['snmp-v2c', 'wrong']),
    { ...settings, timeoutMs: 5000 },
    { ...context(), signal: abort.signal },
  );
  await assert.rejects(poll, reason);
  assert.ok(performance.now() - started < 500);
});

test('an agent that started anew is noticed, and one that is gone is silent and found again', real, async () => {
  const first = await startSnmpd();
  const here = { ...settings, port: first.port };
  const target = targetWith(7, ['snmp-v2c', 'public']);
  // The agent's uptime has to be told apart from what is forgiven to bad clocks: let it claim a long one.
  const { clock, later } = shiftedClock();
  const own = await snmpCollector.open({ clock, log: silentLog });
  try {
    await own.poll(target, here, context());
    await first.stop('SIGKILL');
    await assert.rejects(own.poll(target, here, context()), (error: Error & { code: string }) =>
      ['no_answer', 'connection_refused'].includes(error.code),
    );
    const second = await startSnmpd({ restartOf: first });
    later(3_600_000);
    try {
      const result = await own.poll(target, here, context());
      assert.equal(result.restarted, true);
      assert.ok((result.facts?.system?.uptimeSeconds ?? 1e9) < 60);
    } finally {
      await second.stop();
    }
  } finally {
    await own.close();
  }
});

function shiftedClock() {
  let shift = 0;
  return {
    clock: { ...systemClock, monotonic: () => systemClock.monotonic() + shift },
    later: (ms: number) => (shift += ms),
  };
}
