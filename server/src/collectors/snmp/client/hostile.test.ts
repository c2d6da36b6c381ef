import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#platform/errors.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';
import { honestAnswer, openSocket, startAgent } from '#collectors/snmp/testing/agent.ts';
import type { AgentRequest } from '#collectors/snmp/testing/agent.ts';
import { openDgramTransport } from '#collectors/snmp/transport/dgram.ts';
import { DROP_REASONS } from '#collectors/snmp/transport/transport.ts';
import type { DropReason, SnmpTransport } from '#collectors/snmp/transport/transport.ts';
import { createSnmpReader } from './reader.ts';
import { communitySecurity } from './security.ts';
import { Session } from './session.ts';

const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';

let transport: SnmpTransport;
before(async () => {
  transport = await openDgramTransport({ clock: systemClock, log: silentLog, random: Math.random });
});
after(() => transport.close());

function sessionWith(port: number, { version = 1 as 0 | 1, timeoutMs = 150, tries = 2 } = {}): Session {
  const endpoint = { address: '127.0.0.1', port, family: 4 } as const;
  const security = communitySecurity(version, 'public');
  return new Session({ transport, endpoint, security, timeoutMs, tries, random: Math.random });
}

async function withAgent<T>(
  behave: (request: AgentRequest) => void,
  use: (session: Session, requests: () => number) => Promise<T>,
  options?: Parameters<typeof sessionWith>[1],
): Promise<T> {
  const agent = await startAgent(behave);
  try {
    return await use(sessionWith(agent.port, options), () => agent.requests.length);
  } finally {
    await agent.stop();
  }
}

const read = (session: Session) => createSnmpReader({ session, clock: systemClock, maxRepetitions: 10 });

async function droppedDuring<T>(
  work: () => Promise<T>,
): Promise<{ result: T; dropped: Partial<Record<DropReason, number>> }> {
  const start = { ...transport.counters.dropped };
  const result = await work();
  const counts = DROP_REASONS.map((reason) => [reason, transport.counters.dropped[reason] - start[reason]] as const);
  return { result, dropped: Object.fromEntries(counts.filter(([, count]) => count > 0)) };
}

const truth = (request: AgentRequest): Buffer =>
  request.response([{ oid: SYS_NAME, type: SnmpType.octetString, value: 'truth' }]);
const lie = (request: AgentRequest, change = {}): Buffer =>
  request.response([{ oid: SYS_NAME, type: SnmpType.octetString, value: 'a lie' }], change);

const forgeries: readonly [string, DropReason, (request: AgentRequest) => Buffer][] = [
  ['a wrong request id', 'unknown_id', (request) => lie(request, { requestId: 77 })],
  ['a wrong community', 'community', (request) => lie(request, { community: 'private' })],
  ['a wrong version', 'version', (request) => lie(request, { version: 0 })],
  ['a Report instead of a Response', 'pdu_type', (request) => lie(request, { type: PduType.report })],
  ['an echo of the request', 'pdu_type', (request) => lie(request, { type: PduType.get })],
  ['one varbind too few', 'content', (request) => request.response([])],
  ['a truncated message', 'malformed', (request) => lie(request).subarray(0, -3)],
  ['an indefinite length', 'malformed', (request) => Buffer.from(lie(request)).fill(0x80, 1, 2)],
];
for (const [name, reason, forge] of forgeries) {
  test(`a reply with ${name} is dropped, counted as ${reason}, and the true one behind it is used`, async () => {
    const { result, dropped } = await droppedDuring(() =>
      withAgent(
        (request) => {
          request.send(forge(request));
          request.send(truth(request));
        },
        (session) => read(session).get([SYS_NAME]),
      ),
    );
    assert.equal(result[0]?.value?.toString(), 'truth');
    assert.deepEqual(dropped, { [reason]: 1 });
  });
}

test('a reply from another address with the right id is dropped, and silence says who answered', async () => {
  const stranger = await openSocket('127.0.0.66');
  try {
    const { dropped } = await droppedDuring(() =>
      withAgent(
        (request) => request.send(lie(request), stranger),
        (session) =>
          assert.rejects(read(session).get([SYS_NAME]), { code: 'no_answer', message: /127\.0\.0\.66 answered/ }),
      ),
    );
    assert.deepEqual(dropped, { source: 2 });
  } finally {
    stranger.close();
  }
});

test('a reply from another port of the right address is dropped', async () => {
  const stranger = await openSocket('127.0.0.1');
  try {
    const { result, dropped } = await droppedDuring(() =>
      withAgent(
        (request) => {
          request.send(lie(request), stranger);
          setTimeout(() => request.send(truth(request)), 20);
        },
        (session) => read(session).get([SYS_NAME]),
      ),
    );
    assert.equal(result[0]?.value?.toString(), 'truth');
    assert.deepEqual(dropped, { source: 1 });
  } finally {
    stranger.close();
  }
});

test('a second copy counts as duplicate, an answer after the last try as late; neither reaches the next request', async () => {
  const { dropped } = await droppedDuring(() =>
    withAgent(
      (request) => {
        if (request.count === 1) {
          request.send(truth(request));
          request.send(lie(request));
        } else if (request.count === 2) setTimeout(() => request.send(lie(request)), 200);
        else setTimeout(() => request.send(truth(request)), 120);
      },
      async (session) => {
        session.tries = 1;
        assert.equal((await read(session).get([SYS_NAME]))[0]?.value?.toString(), 'truth');
        await assert.rejects(read(session).get([SYS_NAME]), { code: 'no_answer' });
        assert.equal((await read(session).get([SYS_NAME]))[0]?.value?.toString(), 'truth');
      },
    ),
  );
  assert.deepEqual(dropped, { duplicate: 1, late: 1 });
});

test('a lost request is sent again with the same id, so that the answer to the first try counts too', async () => {
  await withAgent(
    (request) => {
      if (request.count === 2) request.send(truth(request));
    },
    async (session, requests) => {
      assert.equal((await read(session).get([SYS_NAME]))[0]?.value?.toString(), 'truth');
      assert.equal(requests(), 2);
    },
  );
});

test('a walk that cycles between two OIDs ends at once with a named fault and keeps what it had', async () => {
  const cycle = ['1.3.6.1.2.1.2.2.1.1.1', '1.3.6.1.2.1.2.2.1.1.2'];
  await withAgent(
    (request) => {
      const oid = cycle[request.count % 2] ?? '';
      request.send(request.response([{ oid, type: SnmpType.integer, value: 1 }]));
    },
    async (session, requests) => {
      session.bulk = false;
      const reader = read(session);
      const varbinds = await reader.walk('1.3.6.1.2.1.2.2.1.1');
      assert.ok(requests() <= 3 && varbinds.length <= 2);
      assert.equal(reader.faults[0]?.code, 'snmp_walk_not_increasing');
    },
  );
});

test('an endless walk is cut at its limit with a named fault', async () => {
  await withAgent(
    (request) => {
      const { pdu } = request.message;
      const last = Number(/\.(\d+)$/.exec(pdu.varbinds[0]?.oid ?? '')?.[1]);
      const rows = Array.from({ length: pdu.errorIndex }, (_, i): OutgoingVarbind => {
        return { oid: `1.3.6.1.4.1.9.${last + i + 1}`, type: SnmpType.integer, value: i };
      });
      request.send(request.response(rows));
    },
    async (session) => {
      const reader = read(session);
      const varbinds = await reader.walk('1.3.6.1.4.1.9', { maxVarbinds: 500 });
      assert.ok(varbinds.length >= 500 && varbinds.length <= 510);
      assert.equal(reader.faults[0]?.code, 'snmp_walk_too_long');
    },
  );
});

const table = [1, 2, 3].flatMap((column) =>
  [1, 2, 5, 16_383, 16_384].map((row): OutgoingVarbind => {
    return { oid: `1.3.6.1.2.1.2.2.1.${column}.${row}`, type: SnmpType.integer, value: column * 100_000 + row };
  }),
);
const holey = [
  ...table.filter(({ oid }) => oid !== '1.3.6.1.2.1.2.2.1.2.5'),
  { oid: SYS_UP_TIME, type: SnmpType.timeTicks, value: 5 },
];
const COLUMNS = ['1.3.6.1.2.1.2.2.1.1', '1.3.6.1.2.1.2.2.1.2', '1.3.6.1.2.1.2.2.1.3', '1.3.6.1.2.1.2.2.1.9'];

async function assertReadsTable(session: Session): Promise<void> {
  const rows = await read(session).table(COLUMNS);
  assert.deepEqual([...rows.keys()], ['1', '2', '5', '16383', '16384']);
  assert.deepEqual(
    rows.get('5')?.map((cell) => cell?.value ?? null),
    [100_005, null, 300_005, null],
  );
  assert.deepEqual(
    rows.get('16384')?.map((cell) => cell?.value ?? null),
    [116_384, 216_384, 316_384, null],
  );
}

test('a table with a hole and a column that does not exist is read row by row', async () => {
  await withAgent((request) => request.send(honestAnswer(request, holey)), assertReadsTable);
});

test('an agent that chokes on GETBULK is read by GETNEXT', async () => {
  await withAgent(
    (request) => {
      if (request.message.pdu.type !== PduType.getBulk) request.send(honestAnswer(request, holey));
    },
    async (session) => {
      await assertReadsTable(session);
      assert.equal(session.bulk, false);
    },
    { timeoutMs: 100, tries: 1 },
  );
});

test('an agent that answers tooBig beyond two varbinds is read in smaller parts', async () => {
  await withAgent(
    (request) => {
      const { pdu } = request.message;
      const rows = pdu.type === PduType.getBulk ? pdu.errorIndex : 1;
      if (pdu.varbinds.length * rows > 2) request.send(request.response([], { errorStatus: 1 }));
      else request.send(honestAnswer(request, holey));
    },
    async (session) => {
      await assertReadsTable(session);
      const values = await read(session).get(table.map(({ oid }) => String(oid)));
      assert.deepEqual(
        values.map((value) => value?.value ?? null),
        table.map(({ oid, value }) => (oid === '1.3.6.1.2.1.2.2.1.2.5' ? null : value)),
      );
    },
  );
});

test('a v1 agent that refuses a request for one missing name gives the others', async () => {
  await withAgent(
    (request) => {
      const { pdu } = request.message;
      const missing = pdu.varbinds.findIndex(({ oid }) => oid.endsWith('.9.1'));
      if (missing >= 0) request.send(request.response(pdu.varbinds, { errorStatus: 2, errorIndex: missing + 1 }));
      else request.send(honestAnswer(request, holey));
    },
    async (session) => {
      const values = await read(session).get([`${COLUMNS[0]}.1`, `${COLUMNS[3]}.1`, `${COLUMNS[2]}.1`]);
      assert.deepEqual(
        values.map((value) => value?.value ?? null),
        [100_001, null, 300_001],
      );
    },
    { version: 0 },
  );
});

test('10^5 mutated replies crash nothing, and each is counted', async () => {
  const mutations = fc.sample(
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 }),
    500,
  );
  const start = { ...transport.counters, dropped: { ...transport.counters.dropped } };
  const agent = await startAgent((request) => {
    const honest = honestAnswer(request, holey);
    // In bursts, so that the socket's buffer holds them all.
    for (let i = 0; i < 100; i += 1) {
      const octets = Buffer.from(honest);
      const edits = mutations[(request.count * 100 + i) % mutations.length] ?? [];
      for (const [at, octet] of edits) octets[at % octets.length] = octet ^ request.count;
      request.send(i % 7 === 0 ? octets.subarray(0, i % octets.length) : octets);
    }
    request.send(honest);
  });
  const session = sessionWith(agent.port, { timeoutMs: 1000 });
  try {
    for (let i = 0; i < 1000; i += 1) {
      // A mutation may be a well-formed refusal: that is an error like any other, with its name.
      await read(session)
        .get([`${COLUMNS[0]}.1`, SYS_UP_TIME])
        .catch((error: unknown) =>
          assert.ok(error instanceof AppError && error.code.startsWith('snmp_'), String(error)),
        );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  } finally {
    await agent.stop();
  }
  const { counters } = transport;
  const dropped = DROP_REASONS.reduce((sum, reason) => sum + counters.dropped[reason] - start.dropped[reason], 0);
  const received = counters.received - start.received;
  assert.ok(received > 95_000, `${received} received`);
  assert.equal(received, counters.accepted - start.accepted + dropped);
  assert.ok(counters.dropped.malformed - start.dropped.malformed > 10_000);
});
