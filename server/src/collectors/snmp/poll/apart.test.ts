import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { PollResult, Target } from '#collectors/collector.ts';
import { createSnmpCollector } from '#collectors/snmp/index.ts';
import { SnmpSettings } from '#collectors/snmp/settings.ts';
import { honestAnswer, startAgent } from '#collectors/snmp/testing/agent.ts';
import { openTestTransport, SYS_UP_TIME } from '#collectors/snmp/testing/session.ts';

const DAY_MS = 86_400_000;
const PATIENT_MS = 20_000;
/** Less than a poll keeps in reserve: it does not wait for what is read besides. */
const HURRIED_MS = 400;
const POLLS = 5;

const target: Target = {
  deviceId: 1,
  address: '127.0.0.1',
  credentials: [{ id: 'c', name: 'c', value: { kind: 'snmp-v2c', secret: { community: 'public' } } }],
};
const ROWS = Array.from({ length: 10 }, (_, i) => i + 1);
const COLUMNS = [
  [1, SnmpType.integer],
  [3, SnmpType.integer],
  [8, SnmpType.integer],
  [10, SnmpType.counter32],
  [16, SnmpType.counter32],
] as const;

test('counters are read at every poll while a walk goes on that takes longer than all of them', async () => {
  let laterMs = 0;
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + laterMs };
  let slow = false;
  let walks = 0;
  let polled = 0;
  const agent = await startAgent((request) => {
    polled += 1;
    const values = [
      { oid: '1.3.6.1.2.1.1.1.0', type: SnmpType.octetString, value: Buffer.from('a switch') },
      { oid: '1.3.6.1.2.1.1.2.0', type: SnmpType.oid, value: '1.3.6.1.4.1.99999.1' },
      { oid: SYS_UP_TIME, type: SnmpType.timeTicks, value: 50_000 + Math.floor(laterMs / 10) },
      ...COLUMNS.flatMap(([column, type]) =>
        ROWS.map((row) => ({ oid: `1.3.6.1.2.1.2.2.1.${column}.${row}`, type, value: column === 10 ? polled : 1 })),
      ),
    ];
    const answer = () => request.send(honestAnswer(request, values));
    if (!slow || request.message.pdu.type === PduType.get) return answer();
    walks += 1;
    setTimeout(answer, 5);
  });
  const transport = await openTestTransport();
  const collector = createSnmpCollector(transport, { clock, log: silentLog, random: Math.random });
  const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 5000, retries: 0, maxRepetitions: 1 });
  const poll = (budgetMs: number): Promise<PollResult> =>
    collector.poll(target, settings, { signal: AbortSignal.timeout(PATIENT_MS), budgetMs, at: Date.now() });
  try {
    const known = await poll(PATIENT_MS);
    assert.equal(known.facts?.interfaces?.length, ROWS.length);
    // The time has come to read it as a whole again.
    laterMs = DAY_MS;
    slow = true;
    for (let i = 0; i < POLLS; i += 1) {
      const walked = walks;
      const { samples, faults, facts } = await poll(HURRIED_MS);
      const { layout, values } = samples[0] ?? assert.fail(`poll ${i + 1} has no samples`);
      const counters = layout.series.flatMap(({ metric }, at) => (metric === 'ifInOctets' ? [values[at]] : []));
      assert.equal(counters.length, ROWS.length);
      assert.ok(
        counters.every((value) => value !== undefined && value > 0),
        `poll ${i + 1} lacks counters`,
      );
      assert.deepEqual(faults, []);
      assert.equal(facts?.interfaces, undefined, 'the walk has ended too early for this test');
      assert.ok(walks - walked <= 3, `${walks - walked} requests of the walk came before those of one poll`);
    }
    assert.ok(walks > 0, 'nothing was walked meanwhile');
    slow = false;
    assert.equal((await poll(PATIENT_MS)).facts?.interfaces?.length, ROWS.length);
  } finally {
    await collector.close();
    await agent.stop();
  }
});
