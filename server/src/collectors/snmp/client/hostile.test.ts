import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#platform/errors.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import { honestAnswer, openSocket, startAgent } from '#collectors/snmp/testing/agent.ts';
import type { AgentRequest } from '#collectors/snmp/testing/agent.ts';
import {
  COLUMNS,
  HOLEY,
  SYS_UP_TIME,
  droppedDuring,
  testTransports,
  read,
  sessionWith,
  withAgent,
} from '#collectors/snmp/testing/session.ts';
import { DROP_REASONS } from '#collectors/snmp/transport/transport.ts';
import type { DropReason, SnmpTransport } from '#collectors/snmp/transport/transport.ts';

for (const { kind, open } of testTransports) {
  // 10^5 replies once; the other transport carries the same code behind it.
  const rounds = kind === 'dgram' ? 1000 : 100;
  describe(`over ${kind}`, () => {
    let transport: SnmpTransport;
    before(async () => {
      transport = await open();
    });
    after(() => transport.close());

    const SYS_NAME = '1.3.6.1.2.1.1.5.0';

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
        const { result, dropped } = await droppedDuring(transport, () =>
          withAgent(
            transport,
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
        const { dropped } = await droppedDuring(transport, () =>
          withAgent(
            transport,
            (request) => request.send(lie(request), stranger),
            (session) =>
              assert.rejects(read(session).get([SYS_NAME]), { code: 'no_answer', message: /127\.0\.0\.66 answered/ }),
            { timeoutMs: 1500 },
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
        const { result, dropped } = await droppedDuring(transport, () =>
          withAgent(
            transport,
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
      let unanswered: AgentRequest | null = null;
      const { dropped } = await droppedDuring(transport, () =>
        withAgent(
          transport,
          (request) => {
            if (request.count === 1) {
              request.send(truth(request));
              request.send(lie(request));
            } else if (request.count === 2) unanswered = request;
            else {
              if (unanswered) request.send(lie(unanswered));
              request.send(truth(request));
            }
          },
          async (session) => {
            assert.equal((await read(session).get([SYS_NAME]))[0]?.value?.toString(), 'truth');
            await assert.rejects(read(session).get([SYS_NAME]), { code: 'no_answer' });
            assert.equal((await read(session).get([SYS_NAME]))[0]?.value?.toString(), 'truth');
          },
          { tries: 1, timeoutMs: 1500 },
        ),
      );
      assert.deepEqual(dropped, { duplicate: 1, late: 1 });
    });

    test('a lost request is sent again with the same id, so that the answer to the first try counts too', async () => {
      await withAgent(
        transport,
        (request) => {
          if (request.count === 2) request.send(truth(request));
        },
        async (session, requests) => {
          assert.equal((await read(session).get([SYS_NAME]))[0]?.value?.toString(), 'truth');
          assert.equal(requests(), 2);
        },
        { timeoutMs: 1500 },
      );
    });

    test(`${rounds * 100} mutated replies crash nothing, and each is counted`, async () => {
      const mutations = fc.sample(
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 }),
        500,
      );
      const start = { ...transport.counters, dropped: { ...transport.counters.dropped } };
      const agent = await startAgent((request) => {
        const honest = honestAnswer(request, HOLEY);
        // In bursts, so that the socket's buffer holds them all.
        for (let i = 0; i < 100; i += 1) {
          const octets = Buffer.from(honest);
          const edits = mutations[(request.count * 100 + i) % mutations.length] ?? [];
          for (const [at, octet] of edits) octets[at % octets.length] = octet ^ request.count;
          request.send(i % 7 === 0 ? octets.subarray(0, i % octets.length) : octets);
        }
        request.send(honest);
      });
      const session = sessionWith(transport, agent.port, { timeoutMs: 1000 });
      try {
        for (let i = 0; i < rounds; i += 1) {
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
      assert.ok(received > rounds * 95, `${received} received`);
      assert.equal(received, counters.accepted - start.accepted + dropped);
      assert.ok(counters.dropped.malformed - start.dropped.malformed > rounds * 10);
    });
  });
}
