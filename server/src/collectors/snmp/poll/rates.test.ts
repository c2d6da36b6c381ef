import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { PollResult, Target } from '#collectors/collector.ts';
import { createSnmpCollector } from '#collectors/snmp/index.ts';
import { SnmpSettings } from '#collectors/snmp/settings.ts';
import { honestAnswer, startAgent } from '#collectors/snmp/testing/agent.ts';
import { openTestTransport } from '#collectors/snmp/testing/session.ts';
import { SnmpType } from '#protocols/snmp/value.ts';

const OCTETS_PER_MS = 1000;
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const origin = performance.now();
const octets = (): number => Math.round((performance.now() - origin) * OCTETS_PER_MS);

/** What a port with a counter that is a known function of time answers at this moment. */
const values = () => [
  { oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.timeTicks, value: Math.floor(performance.now() / 10) },
  { oid: `${IF}.2.1`, type: SnmpType.octetString, value: 'port 1' },
  { oid: `${IF}.8.1`, type: SnmpType.integer, value: 1 },
  { oid: `${IFX}.1.1`, type: SnmpType.octetString, value: '1' },
  { oid: `${IFX}.6.1`, type: SnmpType.counter64, value: octets() },
];

test('rates over polls are the truth, also when a request was lost and answered at its second try', async () => {
  let lose = 0;
  const agent = await startAgent((request) => {
    if (lose > 0) lose -= 1;
    else request.send(honestAnswer(request, values()));
  });
  const deps = { clock: systemClock, log: silentLog, random: Math.random };
  const collector = createSnmpCollector(await openTestTransport(), deps);
  const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 300 });
  const value = { kind: 'snmp-v2c' as const, secret: { community: 'public' } };
  const target: Target = { deviceId: 1, address: '127.0.0.1', credentials: [{ id: 'c', name: 'c', value }] };
  const points: { at: number; octets: number }[] = [];
  const poll = async (): Promise<PollResult> =>
    collector.poll(target, settings, { signal: AbortSignal.timeout(10_000), budgetMs: 10_000, at: Date.now() });
  try {
    for (let i = 0; i < 6; i += 1) {
      if (i === 3) lose = 1;
      const { samples, polledAt } = await poll();
      const [fast] = samples;
      const at = fast?.layout.series.findIndex(({ metric }) => metric === 'ifHCInOctets') ?? -1;
      points.push({ at: polledAt, octets: fast?.values[at] ?? Number.NaN });
      await sleep(100);
    }
  } finally {
    await collector.close();
    await agent.stop();
  }
  for (const [i, point] of points.entries()) {
    const before = points[i - 1];
    if (!before) continue;
    const error = point.octets - before.octets - (point.at - before.at) * OCTETS_PER_MS;
    // What a busy machine needs to let the other side of the loopback run.
    assert.ok(Math.abs(error) < 60 * OCTETS_PER_MS, `${error / OCTETS_PER_MS} ms beside the truth`);
  }
});

test('a device that numbers its ports anew gives no value of one port for another, and is read anew', async () => {
  let swapped = false;
  const ports = () => [
    { oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.timeTicks, value: Math.floor(performance.now() / 10) },
    { oid: '1.3.6.1.2.1.31.1.5.0', type: SnmpType.timeTicks, value: swapped ? 99 : 5 },
    ...[1, 2, 3].flatMap((index) => {
      const port = index === 3 || !swapped ? index : 3 - index;
      return [
        { oid: `${IF}.2.${index}`, type: SnmpType.octetString, value: `port ${port}` },
        { oid: `${IFX}.1.${index}`, type: SnmpType.octetString, value: `p${port}` },
        { oid: `${IFX}.6.${index}`, type: SnmpType.counter64, value: port * 1000 },
      ];
    }),
  ];
  const agent = await startAgent((request) => request.send(honestAnswer(request, ports())));
  let ahead = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
  const collector = createSnmpCollector(await openTestTransport(), { clock, log: silentLog, random: Math.random });
  const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 300 });
  const value = { kind: 'snmp-v2c' as const, secret: { community: 'public' } };
  const target: Target = { deviceId: 1, address: '127.0.0.1', credentials: [{ id: 'c', name: 'c', value }] };
  const octetsOf = async (): Promise<Record<string, number>> => {
    const context = { signal: AbortSignal.timeout(10_000), budgetMs: 10_000, at: Date.now() };
    const [fast] = (await collector.poll(target, settings, context)).samples;
    const named = fast?.layout.series.map(
      ({ metric, labels }, i) => [metric, labels['interface'], fast.values[i]] as const,
    );
    return Object.fromEntries(
      named?.flatMap(([metric, name, read]) => (metric === 'ifHCInOctets' ? [[name, read]] : [])) ?? [],
    );
  };
  try {
    assert.deepEqual(await octetsOf(), { p1: 1000, p2: 2000, p3: 3000 });
    swapped = true;
    assert.deepEqual(await octetsOf(), { p1: Number.NaN, p2: Number.NaN, p3: 3000 });
    assert.deepEqual(await octetsOf(), { p1: Number.NaN, p2: Number.NaN, p3: 3000 });
    ahead = 61_000;
    await octetsOf();
    assert.deepEqual(await octetsOf(), { p1: 1000, p2: 2000, p3: 3000 });
  } finally {
    await collector.close();
    await agent.stop();
  }
});
