import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PduType } from '#protocols/snmp/pdu.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';
import { honestAnswer } from '#collectors/snmp/testing/agent.ts';
import { COLUMNS, HOLEY, TABLE, openTestTransport, read, withAgent } from '#collectors/snmp/testing/session.ts';
import type { SnmpTransport } from '#collectors/snmp/transport/transport.ts';
import type { Session } from './session.ts';

let transport: SnmpTransport;
before(async () => {
  transport = await openTestTransport();
});
after(() => transport.close());

test('a walk that cycles between two OIDs ends at once with a named fault and keeps what it had', async () => {
  const cycle = ['1.3.6.1.2.1.2.2.1.1.1', '1.3.6.1.2.1.2.2.1.1.2'];
  await withAgent(
    transport,
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
    transport,
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
  await withAgent(transport, (request) => request.send(honestAnswer(request, HOLEY)), assertReadsTable);
});

test('an agent that chokes on GETBULK is read by GETNEXT', async () => {
  await withAgent(
    transport,
    (request) => {
      if (request.message.pdu.type !== PduType.getBulk) request.send(honestAnswer(request, HOLEY));
    },
    async (session) => {
      await assertReadsTable(session);
      assert.equal(session.bulk, false);
    },
    { timeoutMs: 1500, tries: 1 },
  );
});

test('an agent that answers tooBig beyond two varbinds is read in smaller parts', async () => {
  await withAgent(
    transport,
    (request) => {
      const { pdu } = request.message;
      const rows = pdu.type === PduType.getBulk ? pdu.errorIndex : 1;
      if (pdu.varbinds.length * rows > 2) request.send(request.response([], { errorStatus: 1 }));
      else request.send(honestAnswer(request, HOLEY));
    },
    async (session) => {
      await assertReadsTable(session);
      const values = await read(session).get(TABLE.map(({ oid }) => String(oid)));
      assert.deepEqual(
        values.map((value) => value?.value ?? null),
        TABLE.map(({ oid, value }) => (oid === '1.3.6.1.2.1.2.2.1.2.5' ? null : value)),
      );
    },
  );
});

test('a v1 agent that refuses a request for one missing name gives the others', async () => {
  await withAgent(
    transport,
    (request) => {
      const { pdu } = request.message;
      const missing = pdu.varbinds.findIndex(({ oid }) => oid.endsWith('.9.1'));
      if (missing >= 0) request.send(request.response(pdu.varbinds, { errorStatus: 2, errorIndex: missing + 1 }));
      else request.send(honestAnswer(request, HOLEY));
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

test('an agent that bears five rows of a GETBULK is asked for that many from then on, and not for none', async () => {
  let needless = 0;
  await withAgent(
    transport,
    (request) => {
      const { pdu } = request.message;
      if (pdu.type === PduType.getBulk && pdu.errorIndex > 5) {
        needless += 1;
        request.send(request.response([], { errorStatus: 1 }));
      } else request.send(honestAnswer(request, TABLE));
    },
    async (session) => {
      for (let i = 0; i < 6; i += 1) await read(session).walk(COLUMNS[0] ?? '');
      assert.equal(session.bulk, true);
      assert.ok(session.repetitions >= 2 && session.repetitions <= 5, `${session.repetitions}`);
      assert.ok(needless <= 3, `${needless} requests were refused`);
    },
  );
});

test('an agent that cuts its answers short is asked for what it gives, and for more when it gives more', async () => {
  const rows = Array.from({ length: 200 }, (_, i): OutgoingVarbind => {
    return { oid: `${COLUMNS[0]}.${i + 1}`, type: SnmpType.integer, value: i };
  });
  const asked: number[] = [];
  let gives = 3;
  await withAgent(
    transport,
    (request) => {
      const { pdu } = request.message;
      asked.push(pdu.errorIndex);
      const next = rows.findIndex(({ oid }) => oid === pdu.varbinds[0]?.oid) + 1;
      request.send(request.response(rows.slice(next, next + Math.min(gives, pdu.errorIndex))));
    },
    async (session) => {
      await read(session).walk(COLUMNS[0] ?? '', { maxVarbinds: 30 });
      assert.ok(
        asked.slice(1).every((count) => count <= 5),
        `${asked}`,
      );
      gives = 100;
      await read(session).walk(COLUMNS[0] ?? '', { maxVarbinds: 100 });
      assert.equal(asked.at(-1), 10, `${asked}`);
    },
  );
});
