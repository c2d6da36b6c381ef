import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { PollContext, Target } from '#collectors/collector.ts';
import { createSnmpCollector } from '#collectors/snmp/index.ts';
import { SnmpSettings } from '#collectors/snmp/settings.ts';
import { PROBE_ID } from '#collectors/snmp/greet.ts';
import { honestAnswer, startAgent } from '#collectors/snmp/testing/agent.ts';
import { openTestTransport, SYS_UP_TIME, TABLE } from '#collectors/snmp/testing/session.ts';

const SYSTEM = [{ oid: SYS_UP_TIME, type: SnmpType.timeTicks, value: 500 }];
/** What a poll may take as it believes, and when it is cut: a slow machine takes longer than it should. */
const BUDGET_MS = 900;
const LIMIT_MS = 60_000;
const context = (budgetMs = LIMIT_MS): PollContext => {
  return { signal: AbortSignal.timeout(LIMIT_MS), budgetMs, at: Date.now() };
};
const target = (deviceId: number): Target => ({
  deviceId,
  address: '127.0.0.1',
  credentials: [{ id: 'c', name: 'c', value: { kind: 'snmp-v2c', secret: { community: 'public' } } }],
});
/** The greeting is sent twice: once from a connected socket, which hears when the port is closed. */
const GREETING = 2;

/** An agent that answers so many requests, and the others once it is told to. */
async function startShyAgent(answers: number) {
  const held: (() => void)[] = [];
  let shy = true;
  const greeted = Promise.withResolvers<void>();
  const agent = await startAgent((request) => {
    const answer = () => request.send(honestAnswer(request, [...SYSTEM, ...TABLE]));
    if (shy && request.count > answers) held.push(answer);
    else answer();
    if (request.count === GREETING) greeted.resolve();
  });
  const speak = () => {
    shy = false;
    for (const answer of held.splice(0)) answer();
  };
  const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 30_000, retries: 0 });
  return { agent, settings, greeted: greeted.promise, speak };
}

test('a device that is given up while it is greeted is not read: it is somebody else’s by then', async () => {
  const { agent, settings, greeted, speak } = await startShyAgent(0);
  const transport = await openTestTransport();
  const collector = createSnmpCollector(transport, { clock: systemClock, log: silentLog, random: Math.random });
  try {
    const poll = collector.poll(target(1), settings, context());
    await greeted;
    collector.forget(1);
    speak();
    await assert.rejects(poll, { code: 'shutting_down' });
    assert.equal(agent.requests.length, GREETING);
    const back = await collector.poll(target(1), settings, context());
    assert.ok(back.samples.length > 0, 'it is read once it is back');
  } finally {
    await collector.close();
    await agent.stop();
  }
});

test('a device that is given up while it waits to be read is not read when its turn comes', async () => {
  const [first, second, third] = [await startShyAgent(GREETING), await startShyAgent(99), await startShyAgent(99)];
  const transport = await openTestTransport();
  const deps = { clock: systemClock, log: silentLog, random: Math.random, studiesAtOnce: 1 };
  const collector = createSnmpCollector(transport, deps);
  third.speak();
  try {
    const reading = collector.poll(target(1), first.settings, context(BUDGET_MS));
    await first.greeted;
    await reading;
    const { faults } = await collector.poll(target(2), second.settings, context(BUDGET_MS));
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['overloaded'],
    );
    collector.forget(2);
    const asked = () =>
      second.agent.requests.filter(({ pdu }) => !('requestId' in pdu) || pdu.requestId !== PROBE_ID).length;
    const before = asked();
    const behind = collector.poll(target(3), third.settings, context());
    await third.greeted;
    first.speak();
    let last = await behind;
    for (let polls = 0; polls < 20 && last.samples.length === 0; polls += 1) {
      last = await collector.poll(target(3), third.settings, context());
    }
    assert.ok(last.samples.length > 0, 'who stood behind it has had his turn');
    assert.equal(asked(), before);
  } finally {
    await collector.close();
    for (const { agent } of [first, second, third]) await agent.stop();
  }
});
