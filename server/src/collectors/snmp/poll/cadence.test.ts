import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ErrorStatus } from '#protocols/snmp/pdu.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';
import type { AgentRequest } from '#collectors/snmp/testing/agent.ts';
import { openTestTransport, stillClock, withAgent } from '#collectors/snmp/testing/session.ts';
import type { Session } from '#collectors/snmp/client/session.ts';
import type { SnmpTransport } from '#collectors/snmp/transport/transport.ts';
import { createCadence, isWide, runCadence } from './cadence.ts';
import type { Cadence } from './cadence.ts';
import { compileProgram } from './program.ts';

const SERIES = Array.from({ length: 300 }, (_, i): PlannedSeries => {
  const spec = { metric: 'ifHCInOctets', labels: { ifIndex: String(i + 1) }, unit: null, kind: 'counter' } as const;
  return { spec, oid: `1.3.6.1.2.1.31.1.1.1.6.${i + 1}`, cadence: 'fast' };
});
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';

const TIMEOUT_MS = 30_000;

const clock = stillClock();
let transport: SnmpTransport;
before(async () => {
  transport = await openTestTransport(clock);
});
after(() => transport.close());

/** Answers with a counter for every name. */
function answer(request: AgentRequest, value = 7): Buffer {
  return request.response(request.message.pdu.varbinds.map(({ oid }) => ({ oid, type: SnmpType.counter64, value })));
}
const isUpTime = ({ message }: AgentRequest): boolean => message.pdu.varbinds[0]?.oid === SYS_UP_TIME;

/** Polls once; answers how many requests went out, and that all values came. */
async function poll(cadence: Cadence, session: Session): Promise<number> {
  const before = session.requests;
  const { read } = await runCadence(cadence, session, [], []);
  assert.ok(read.values.every((value) => !Number.isNaN(value)));
  return session.requests - before;
}
const most = ({ requests }: Cadence): number => Math.max(...requests.map(({ slots }) => slots.length));

test('an agent that answers tooBig beyond 20 varbinds gets smaller requests, and larger ones again once it bears them', async () => {
  let bears = 20;
  const behave = (request: AgentRequest): void => {
    const isTooBig = request.message.pdu.varbinds.length > bears;
    request.send(isTooBig ? request.response([], { errorStatus: ErrorStatus.tooBig }) : answer(request));
  };
  await withAgent(transport, behave, async (session) => {
    const cadence = createCadence(compileProgram(SERIES, []));
    await poll(cadence, session);
    assert.ok(most(cadence) <= 20 && most(cadence) > 10, `${most(cadence)}`);
    const learned = cadence.requests.length;
    assert.equal(await poll(cadence, session), learned, 'nothing is refused any more');
    // It tries larger ones now and then, each time later than the time before.
    const needless: number[] = [];
    for (let i = 0; i < 120; i += 1) if ((await poll(cadence, session)) > learned) needless.push(i);
    const pauses = needless.slice(1).map((at, i) => at - (needless[i] ?? 0));
    assert.ok(needless.length >= 2 && needless.length <= 4, `${needless}`);
    assert.ok(
      pauses.every((pause, i) => i === 0 || pause > 1.5 * (pauses[i - 1] ?? 0)),
      `${pauses}`,
    );
    bears = 100;
    for (let i = 0; i < 600 && most(cadence) < 50; i += 1) await poll(cadence, session);
    assert.ok(most(cadence) >= 50, `${most(cadence)}`);
  });
});

test('an agent that is silent about large requests costs its timeouts once, not at every poll', async () => {
  const behave = (request: AgentRequest): void => {
    if (request.message.pdu.varbinds.length <= 20) request.send(answer(request));
    else clock.forward(TIMEOUT_MS);
  };
  await withAgent(
    transport,
    behave,
    async (session) => {
      const cadence = createCadence(compileProgram(SERIES, []));
      await poll(cadence, session);
      const { timedOut } = transport.counters;
      for (let i = 0; i < 5; i += 1) await poll(cadence, session);
      assert.equal(transport.counters.timedOut, timedOut);
      assert.ok(most(cadence) <= 20);
    },
    { timeoutMs: TIMEOUT_MS, tries: 1 },
  );
});

test('small values fill an answer with more of them, and large ones never overfill it; devices alike share the portions', async () => {
  let value = 7;
  let longest = 0;
  const behave = (request: AgentRequest): void => {
    const octets = answer(request, value);
    if (!isUpTime(request)) longest = Math.max(longest, octets.length);
    request.send(octets);
  };
  await withAgent(transport, behave, async (session) => {
    const program = compileProgram(SERIES, []);
    const cadences = [createCadence(program), createCadence(program)];
    const portions: number[] = [];
    for (const now of [7, 7, 2 ** 52, 2 ** 52]) {
      value = now;
      longest = 0;
      for (const cadence of cadences) portions.push(await poll(cadence, session));
      assert.equal(cadences[0]?.requests, cadences[1]?.requests);
      // The first poll after all values have grown at once may overfill a frame; none after it does.
      assert.ok(longest <= 1472 || portions.length === 6, `${longest} octets`);
    }
    const [first = 0, , small = 0, , , , large = 0] = portions;
    assert.ok(small < first, `${portions}`);
    assert.ok(large > small, `${portions}`);
  });
});

/** Polls until requests are larger than a frame's answer, or that many times; answers how many polls it took. */
async function widen(cadence: Cadence, session: Session, polls: number): Promise<number> {
  for (let i = 1; i <= polls; i += 1) {
    await poll(cadence, session);
    if (isWide(cadence)) return i;
  }
  return Number.POSITIVE_INFINITY;
}

test('a device that has borne full frames for a while is asked for answers of two, and never for more', async () => {
  let longest = 0;
  const behave = (request: AgentRequest): void => {
    const octets = answer(request, 2 ** 52);
    longest = Math.max(longest, octets.length);
    request.send(octets);
  };
  await withAgent(transport, behave, async (session) => {
    const cadence = createCadence(compileProgram(SERIES, []));
    await poll(cadence, session);
    const narrow = await poll(cadence, session);
    longest = 0;
    const took = await widen(cadence, session, 20);
    assert.ok(took > 3 && took < 20, `${took}`);
    assert.ok(longest <= 1472, `${longest} octets`);
    let requests = narrow;
    for (let i = 0; i < 100; i += 1) requests = await poll(cadence, session);
    assert.ok(requests < narrow, `${requests} of ${narrow}`);
    assert.ok(longest > 1472 && longest <= 2 * 1480 - 8, `${longest} octets`);
  });
});

test('where two frames do not come through no value is lost, and it is tried again later each time', async () => {
  const behave = (request: AgentRequest): void => {
    const octets = answer(request);
    if (octets.length <= 1472) request.send(octets);
    else clock.forward(TIMEOUT_MS);
  };
  await withAgent(
    transport,
    behave,
    async (session) => {
      const cadence = createCadence(compileProgram(SERIES, []));
      const narrow = await poll(cadence, session).then(() => poll(cadence, session));
      const failures: number[] = [];
      for (let i = 0; i < 200; i += 1) {
        const { timedOut } = transport.counters;
        const requests = await poll(cadence, session);
        if (transport.counters.timedOut > timedOut) failures.push(i);
        else assert.equal(requests, narrow);
      }
      const pauses = failures.slice(1).map((at, i) => at - (failures[i] ?? 0));
      assert.ok(failures.length >= 3 && failures.length <= 6, `${failures}`);
      assert.ok(
        pauses.every((pause, i) => i === 0 || pause > 1.5 * (pauses[i - 1] ?? 0)),
        `${pauses}`,
      );
    },
    { timeoutMs: TIMEOUT_MS, tries: 1 },
  );
});

test('one answer of two frames that is lost, and it is one frame again; on a path that loses any it is never two', async () => {
  let lose = false;
  const behave = (request: AgentRequest): void => {
    if (!lose) request.send(answer(request));
    else {
      lose = false;
      clock.forward(TIMEOUT_MS);
    }
  };
  const lossy = { timeoutMs: TIMEOUT_MS, tries: 3 };
  await withAgent(
    transport,
    behave,
    async (session) => {
      const cadence = createCadence(compileProgram(SERIES, []));
      for (let i = 0; i < 50; i += 1) {
        lose = i % 5 === 0;
        await poll(cadence, session);
        assert.equal(isWide(cadence), false);
      }
    },
    lossy,
  );
  await withAgent(
    transport,
    behave,
    async (session) => {
      const cadence = createCadence(compileProgram(SERIES, []));
      const narrow = await poll(cadence, session).then(() => poll(cadence, session));
      assert.ok((await widen(cadence, session, 20)) < 20);
      assert.ok((await poll(cadence, session)) < narrow);
      lose = true;
      await poll(cadence, session);
      assert.equal(isWide(cadence), false);
      assert.equal(await poll(cadence, session), narrow);
    },
    lossy,
  );
});
