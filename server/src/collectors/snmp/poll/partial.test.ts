import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { PollContext, Target } from '#collectors/collector.ts';
import { createSnmpCollector } from '#collectors/snmp/index.ts';
import { SnmpSettings } from '#collectors/snmp/settings.ts';
import { honestAnswer, startAgent } from '#collectors/snmp/testing/agent.ts';
import { openTestTransport, SYS_UP_TIME, TABLE } from '#collectors/snmp/testing/session.ts';

const ENTITY = '1.3.6.1.2.1.47.1.1.1.1';
const VALUES = [
  { oid: '1.3.6.1.2.1.1.2.0', type: SnmpType.oid, value: '1.3.6.1.4.1.99999.1' },
  { oid: SYS_UP_TIME, type: SnmpType.timeTicks, value: 500 },
  ...[1, 2].map((part) => ({ oid: `${ENTITY}.5.${part}`, type: SnmpType.integer, value: 9 })),
  ...TABLE,
];
const target: Target = {
  deviceId: 1,
  address: '127.0.0.1',
  credentials: [{ id: 'c', name: 'c', value: { kind: 'snmp-v2c', secret: { community: 'public' } } }],
};
const context = (): PollContext => ({ signal: AbortSignal.timeout(20_000), budgetMs: 20_000, at: Date.now() });

test('a poll says which of its facts a fault has cut short, for as long as these are what is known', async () => {
  const agent = await startAgent((request) => {
    const { pdu } = request.message;
    const stuck = pdu.type === PduType.getBulk && pdu.varbinds.some(({ oid }) => oid.startsWith(ENTITY));
    // The hardware tree never gets beyond its first part.
    const row = pdu.varbinds.map(({ oid }) => ({ oid: `${oid.split('.').slice(0, 12).join('.')}.1` }));
    const answer = row.map(({ oid }) => ({ oid, type: SnmpType.integer, value: 9 }));
    request.send(stuck ? request.response(answer) : honestAnswer(request, VALUES));
  });
  const transport = await openTestTransport();
  const collector = createSnmpCollector(transport, { clock: systemClock, log: silentLog, random: Math.random });
  const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 2000, retries: 1 });
  try {
    const first = await collector.poll(target, settings, context());
    assert.equal(first.facts?.hardware?.length, 1);
    assert.equal(first.faults[0]?.code, 'snmp_walk_not_increasing');
    assert.ok(first.partial?.includes('hardware'));
    assert.ok((first.facts?.interfaces?.length ?? 0) > 0 && !first.partial?.includes('interfaces'));
    const second = await collector.poll(target, settings, context());
    assert.deepEqual(second.partial, first.partial);
  } finally {
    await collector.close();
    await agent.stop();
  }
});
