import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { createFakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { PollContext, PollResult, Target } from '#collectors/collector.ts';
import { createSnmpCollector } from '#collectors/snmp/index.ts';
import type { Library } from '#collectors/snmp/knowledge/profiles/library.ts';
import { openShelf } from '#collectors/snmp/knowledge/profiles/shelf.ts';
import type { Shelf } from '#collectors/snmp/knowledge/profiles/shelf.ts';
import { SnmpSettings } from '#collectors/snmp/settings.ts';
import { PROBE_ID } from '#collectors/snmp/greet.ts';
import { honestAnswer, startAgent } from '#collectors/snmp/testing/agent.ts';
import { openTestTransport, stillClock, SYS_UP_TIME, TABLE } from '#collectors/snmp/testing/session.ts';
import { awaitStudy } from './study.ts';
import type { Study } from './study.ts';

const SYSTEM = [
  { oid: '1.3.6.1.2.1.1.1.0', type: SnmpType.octetString, value: Buffer.from('a slow device') },
  { oid: '1.3.6.1.2.1.1.2.0', type: SnmpType.oid, value: '1.3.6.1.4.1.99999.1' },
  { oid: SYS_UP_TIME, type: SnmpType.timeTicks, value: 500 },
  { oid: '1.3.6.1.2.1.1.5.0', type: SnmpType.octetString, value: Buffer.from('snail') },
];
/** What a poll may take as it believes, and when it is cut: a slow machine takes longer than it should. */
const BUDGET_MS = 900;
const LIMIT_MS = 60_000;
const context = (limitMs = LIMIT_MS): PollContext => {
  return { signal: AbortSignal.timeout(limitMs), budgetMs: BUDGET_MS, at: Date.now() };
};
const target: Target = {
  deviceId: 1,
  address: '127.0.0.1',
  credentials: [{ id: 'c', name: 'c', value: { kind: 'snmp-v2c', secret: { community: 'public' } } }],
};

test('a device too slow to be read within one poll is read across polls, one request at a time', async () => {
  let inFlight = 0;
  let most = 0;
  const agent = await startAgent((request) => {
    // Beside the greeting a connected socket asks, which hears when the port is closed; on a busy machine it does so late.
    const counts = request.message.pdu.requestId === PROBE_ID ? 0 : 1;
    inFlight += counts;
    most = Math.max(most, inFlight);
    setTimeout(() => {
      inFlight -= counts;
      request.send(honestAnswer(request, [...SYSTEM, ...TABLE]));
    }, 60);
  });
  const transport = await openTestTransport();
  const collector = createSnmpCollector(transport, { clock: systemClock, log: silentLog, random: Math.random });
  const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 30_000, retries: 0 });
  try {
    const polls: PollResult[] = [];
    for (let i = 0; i < 20 && !polls.at(-1)?.samples.length; i += 1) {
      polls.push(await collector.poll(target, settings, context()));
    }
    const [first] = polls;
    assert.ok(polls.length > 1, 'the agent was too fast for this test');
    assert.equal(first?.samples.length, 0);
    assert.match(first?.faults[0]?.message ?? '', /answers slowly/);
    assert.equal(polls.at(-1)?.facts?.system?.sysName, 'snail');
    assert.ok((polls.at(-1)?.facts?.interfaces?.length ?? 0) > 0);
    assert.equal(most, 1);
    const sinceKnown = agent.requests.length;
    await collector.poll(target, settings, context());
    assert.ok(agent.requests.length - sinceKnown < 5, 'a known device is not read anew');
  } finally {
    await collector.close();
    await agent.stop();
  }
});

test('devices are read as a whole by turns; one whose turn has not come is up as long as it answers', async () => {
  const agents = { slow: { open: false, silent: false }, next: { open: true, silent: false } };
  const held: (() => void)[] = [];
  const start = (state: { open: boolean; silent: boolean }) =>
    startAgent((request) => {
      const answer = () => request.send(honestAnswer(request, [...SYSTEM, ...TABLE]));
      if (state.silent) return;
      // The greeting is answered at any time.
      if (state.open || request.count <= 2) answer();
      else held.push(answer);
    });
  const [slow, next] = [await start(agents.slow), await start(agents.next)];
  const transport = await openTestTransport();
  const deps = { clock: systemClock, log: silentLog, random: Math.random, studiesAtOnce: 1 };
  const collector = createSnmpCollector(transport, deps);
  const settings = ({ port }: { port: number }) => SnmpSettings.parse({ port, timeoutMs: 30_000, retries: 0 });
  const [slowSettings, nextSettings] = [settings(slow), settings(next)];
  const other: Target = { ...target, deviceId: 2 };
  try {
    const reading = await collector.poll(target, slowSettings, context());
    assert.equal(reading.faults[0]?.code, 'deadline_exceeded');
    for (let i = 0; i < 2; i += 1) {
      const before = next.requests.length;
      const { faults, samples } = await collector.poll(other, nextSettings, context());
      assert.deepEqual([faults.map(({ code }) => code), samples.length], [['overloaded'], 0]);
      assert.ok(next.requests.length > before, 'up is what has answered this time');
    }
    agents.next.silent = true;
    await assert.rejects(collector.poll(other, nextSettings, context(BUDGET_MS)));
    agents.next.silent = false;
    agents.slow.open = true;
    for (const answer of held.splice(0)) answer();
    let polls: PollResult[] = [];
    for (let i = 0; i < 20 && !polls[1]?.samples.length; i += 1) {
      polls = [
        await collector.poll(target, slowSettings, context()),
        await collector.poll(other, nextSettings, context()),
      ];
    }
    assert.ok(polls.every(({ samples }) => samples.length > 0));
    assert.equal(polls[1]?.facts?.system?.sysName, 'snail');
  } finally {
    await collector.close();
    await slow.stop();
    await next.stop();
  }
});

test('a device whose reading asks nothing for long, because this process has to think, is up as long as it answers', async () => {
  let silent = false;
  const agent = await startAgent((request) => {
    if (!silent) request.send(honestAnswer(request, [...SYSTEM, ...TABLE]));
  });
  const whole = openShelf({ folders: [], clock: systemClock, log: silentLog });
  const { promise: thought, resolve: think } = Promise.withResolvers<void>();
  let thinks = false;
  const library: Library = {
    ...whole.library(),
    async candidates(enterprises) {
      thinks = true;
      await thought;
      return whole.library().candidates(enterprises);
    },
  };
  const shelf: Shelf = { ...whole, library: () => library };
  const transport = await openTestTransport();
  const deps = { clock: systemClock, log: silentLog, random: Math.random, shelf };
  const collector = createSnmpCollector(transport, deps);
  const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 30_000, retries: 0 });
  try {
    while (!thinks) await collector.poll(target, settings, context());
    for (let i = 0; i < 2; i += 1) {
      const { faults } = await collector.poll(target, settings, context());
      assert.deepEqual(
        faults.map(({ code }) => code),
        ['deadline_exceeded'],
        faults[0]?.message,
      );
    }
    silent = true;
    await assert.rejects(collector.poll(target, settings, context(BUDGET_MS)));
    silent = false;
    think();
  } finally {
    await collector.close();
    await agent.stop();
  }
});

test('a device that falls silent while it is read is told as silent', async () => {
  const timeoutMs = 30_000;
  const clock = stillClock();
  const agent = await startAgent((request) => {
    if (request.count <= 4) request.send(honestAnswer(request, [...SYSTEM, ...TABLE]));
    else clock.forward(timeoutMs);
  });
  const transport = await openTestTransport(clock);
  const collector = createSnmpCollector(transport, { clock, log: silentLog, random: Math.random });
  const settings = SnmpSettings.parse({ port: agent.port, timeoutMs, retries: 0 });
  try {
    await assert.rejects(
      async () => {
        for (let i = 0; i < 10; i += 1) await collector.poll(target, settings, context());
      },
      { code: 'no_answer' },
    );
  } finally {
    await collector.close();
    await agent.stop();
  }
});

test('a device that was lost while it was read, and is silent since, is not up when its reading begins anew', async () => {
  let silent = false;
  const agent = await startAgent((request) => {
    if (!silent) request.send(honestAnswer(request, [...SYSTEM, ...TABLE]));
    // The greeting is answered, and what reads the device as a whole begins.
    silent ||= request.count >= 3;
  });
  const transport = await openTestTransport();
  const collector = createSnmpCollector(transport, { clock: systemClock, log: silentLog, random: Math.random });
  // What is asked is out for longer than a poll waits.
  const settings = SnmpSettings.parse({ port: agent.port, timeoutMs: 2 * BUDGET_MS, retries: 0 });
  const reached = () =>
    collector.poll(target, settings, context()).then(
      ({ faults }) => faults.every(({ code }) => code !== 'no_answer'),
      () => false,
    );
  try {
    while (!silent || (await reached())) await reached();
    const after = [];
    for (let i = 0; i < 6; i += 1) after.push(await reached());
    assert.deepEqual(
      after,
      after.map(() => false),
    );
  } finally {
    await collector.close();
    await agent.stop();
  }
});

test('a device whose turn to be read has not come is asked by one request, and told to refuse when its agent has gone', async () => {
  const slow = await startAgent((request) => {
    if (request.count <= 2) request.send(honestAnswer(request, [...SYSTEM, ...TABLE]));
  });
  const next = await startAgent((request) => request.send(honestAnswer(request, [...SYSTEM, ...TABLE])));
  const transport = await openTestTransport();
  const deps = { clock: systemClock, log: silentLog, random: Math.random, studiesAtOnce: 1 };
  const collector = createSnmpCollector(transport, deps);
  const other: Target = { ...target, deviceId: 2 };
  const nextSettings = SnmpSettings.parse({ port: next.port, timeoutMs: 300, retries: 0 });
  try {
    await collector.poll(target, SnmpSettings.parse({ port: slow.port, timeoutMs: 30_000, retries: 0 }), context());
    await collector.poll(other, nextSettings, context());
    // Without what the greeting asked beside, which may come late.
    const asked = () => next.requests.filter(({ pdu }) => 'requestId' in pdu && pdu.requestId !== PROBE_ID).length;
    const greeted = asked();
    const { faults } = await collector.poll(other, nextSettings, context());
    assert.deepEqual([faults.map(({ code }) => code), asked() - greeted], [['overloaded'], 1]);
    await next.stop();
    await assert.rejects(collector.poll(other, nextSettings, context()), { code: 'connection_refused' });
  } finally {
    await collector.close();
    await slow.stop();
  }
});

test('a poll waits two seconds for the turn of its device, not while many wait, and for a reading that goes on either way', async () => {
  const clock = createFakeClock();
  const never = new Promise<void>(() => undefined);
  const study: Study = {
    startedAt: 0,
    begun: false,
    turn: never,
    learned: null,
    failure: null,
    faults: [],
    ended: never,
    cancel: () => undefined,
  };
  const waited = async (waiting: number) => {
    const since = clock.monotonic();
    let until = Number.NaN;
    const over = awaitStudy(study, 10_000, { clock, studies: { waiting } }).then(() => {
      until = clock.monotonic();
    });
    for (let i = 0; i < 20 && Number.isNaN(until); i += 1) await clock.advance(1_000);
    await over;
    return until - since;
  };
  assert.equal(await waited(3), 2_000);
  assert.ok((await waited(1_000)) <= 1_000);
  study.begun = true;
  assert.equal(await waited(1_000), 10_000);
});
