import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';
import { createHead, readHead } from '#protocols/snmp/head.ts';
import { decodeMessage, encodeMessage } from '#protocols/snmp/message.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';
import { communitySecurity } from '#collectors/snmp/client/security.ts';
import type { OpenedPdu } from '#collectors/snmp/client/security.ts';
import { createDecoder, decodeAnswer } from './decode.ts';
import type { PollDecoder } from './decode.ts';
import { compileProgram, shrinkRequests, withoutVarbind } from './program.ts';
import type { PollRequest, Program } from './program.ts';

function series(oid: string, more: Partial<PlannedSeries> = {}): PlannedSeries {
  return { oid, cadence: 'fast', spec: { metric: 'm', labels: { oid }, unit: null, kind: 'gauge' }, ...more };
}

const security = communitySecurity(1, 'public');

/** What the collector does with the answer to a request, without a network. */
function answer(
  request: PollRequest,
  program: Program,
  into: PollDecoder,
  reply: (oid: string) => OutgoingVarbind,
  edit: (wire: Buffer) => Buffer = (wire) => wire,
): string | null {
  const sent = decodeMessage(security.seal(request, 0x1234_5678, Buffer.alloc(2048)));
  assert.ok(sent.pdu.type === PduType.get && sent.pdu.requestId === 0x1234_5678);
  const varbinds = sent.pdu.varbinds.map(({ oid }) => reply(oid));
  const wire = edit(encodeMessage({ ...sent, pdu: { ...sent.pdu, type: PduType.response, varbinds } }));
  // In the midst of what other datagrams have left: none of that may count.
  const memory = Buffer.concat([wire, wire, wire]);
  const head = createHead();
  if (!readHead(memory, head, wire.length, 2 * wire.length)) return 'malformed';
  const opened: OpenedPdu = { buf: memory, tag: 0, start: 0, end: 0 };
  return security.open(memory, head, opened) ?? decodeAnswer(opened, request, program, into);
}

const arc = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 0xffff_ffff }));
const oid = fc
  .array(arc, { minLength: 1, maxLength: 40 })
  .chain((arcs) => fc.constantFrom(6, 40).map(() => `1.3.${arcs.join('.')}`));
const value = fc.oneof(
  fc.record({ type: fc.constant(SnmpType.counter64), value: fc.nat({ max: Number.MAX_SAFE_INTEGER }) }),
  fc.record({ type: fc.constant(SnmpType.counter32), value: fc.nat({ max: 0xffff_ffff }) }),
  fc.record({ type: fc.constant(SnmpType.integer), value: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }) }),
  fc.record({ type: fc.constant(SnmpType.noSuchInstance), value: fc.constant(null) }),
);
const world = fc.uniqueArray(fc.record({ oid, value, scale: fc.constantFrom(undefined, 1, 0.01) }), {
  selector: (one) => one.oid,
  minLength: 1,
  maxLength: 150,
});

test('every value of every shape of plan arrives in its own place', () => {
  fc.assert(
    fc.property(world, fc.integer({ min: 1, max: 50 }), (all, most) => {
      const program = compileProgram(
        all.map((one) => series(one.oid, one.scale === undefined ? {} : { scale: one.scale })),
        ['1.3.6.1.2.1.1.3.0'],
      );
      const values = new Map(all.map((one) => [one.oid, one.value]));
      for (const requests of [program.requests, shrinkRequests(program.requests, most)]) {
        const into = createDecoder(program, 1);
        for (const request of requests) {
          assert.ok(request.octets.length < 1472);
          const dropped = answer(request, program, into, (name) => ({
            oid: name,
            ...(values.get(name) ?? { type: SnmpType.timeTicks, value: 4711 }),
          }));
          assert.equal(dropped, null);
        }
        const expected = all.map((one) => (one.value.value === null ? Number.NaN : one.value.value * (one.scale ?? 1)));
        assert.deepEqual([...into.values], expected);
        assert.equal(into.missing, all.filter((one) => one.value.value === null).length);
        assert.equal(into.watched[0], values.has('1.3.6.1.2.1.1.3.0') ? into.watched[0] : 4711);
      }
    }),
    { numRuns: 100 },
  );
});

const plan = compileProgram(
  [series('1.3.6.1.9.1'), series('1.3.6.1.9.200', { text: true }), series('1.3.6.1.9.3')],
  [],
);
const [request] = plan.requests as [PollRequest];
const number = (name: string): OutgoingVarbind => ({ oid: name, type: SnmpType.gauge32, value: 42 });

test('names that differ from those that were asked are refused', () => {
  for (const other of ['1.3.6.1.9.4', '1.3.6.1.9.201', '1.3.6.1.9.1.1']) {
    const into = createDecoder(plan, 0);
    assert.equal(
      answer(request, plan, into, (name) => ({ ...number(name), oid: other })),
      'content',
    );
  }
});

test('every truncated answer is refused', () => {
  let length = 0;
  answer(request, plan, createDecoder(plan, 0), number, (wire) => {
    length = wire.length;
    return wire;
  });
  for (let cut = 0; cut < length; cut += 1) {
    assert.notEqual(
      answer(request, plan, createDecoder(plan, 0), number, (wire) => wire.subarray(0, cut)),
      null,
    );
  }
});

test('a text that holds a number counts only where the plan says so', () => {
  const into = createDecoder(plan, 0);
  assert.equal(
    answer(request, plan, into, (name) => ({ oid: name, type: SnmpType.octetString, value: '-4,25 dBm' })),
    null,
  );
  assert.deepEqual([...into.values], [Number.NaN, -4.25, Number.NaN]);
});

test('an error-status is told and touches no value', () => {
  const into = createDecoder(plan, 0);
  const status = (wire: Buffer): Buffer => {
    const head = createHead();
    readHead(wire, head);
    wire[head.bodyStart + 2] = 5;
    return wire;
  };
  assert.equal(answer(request, plan, into, number, status), null);
  assert.equal(into.errorStatus, 5);
  assert.deepEqual([...into.values], [Number.NaN, Number.NaN, Number.NaN]);
});

test('a request without one of its names keeps the places of the others', () => {
  const into = createDecoder(plan, 0);
  assert.equal(answer(withoutVarbind(request, 1), plan, into, number), null);
  assert.deepEqual([...into.values], [42, Number.NaN, 42]);
});
