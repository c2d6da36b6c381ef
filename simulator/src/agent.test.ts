import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeMessage, encodeMessage } from '@sotp/server/protocols/snmp/message.ts';
import { compareOids } from '@sotp/server/protocols/snmp/oid.ts';
import { ErrorStatus, PduType } from '@sotp/server/protocols/snmp/pdu.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { createAgent } from './agent.ts';
import type { Agent } from './agent.ts';
import { buildMib, encodeNumber, encodeOctets } from './mib.ts';
import type { Variable } from './mib.ts';

type Kind = 'get' | 'getNext' | 'getBulk' | 'set';

function agentOf(variables: readonly Variable<undefined>[], community?: string): Agent {
  return createAgent({ mib: buildMib(variables), device: undefined, now: () => 0, community });
}
function requestOf(
  kind: Kind,
  oids: readonly string[],
  { version = 1 as 0 | 1, first = 0, second = 0, community = 'x' } = {},
) {
  const varbinds = oids.map((oid) => ({ oid, type: SnmpType.null, value: null }));
  const pdu = { type: PduType[kind], requestId: -77, errorStatus: first, errorIndex: second, varbinds };
  return encodeMessage({ version, community, pdu });
}
function ask(agent: Agent, ...request: Parameters<typeof requestOf>) {
  const response = agent.handle(requestOf(...request));
  assert.ok(response, 'no response');
  const { pdu, community } = decodeMessage(response);
  assert.ok(pdu.type === PduType.response);
  assert.equal(pdu.requestId, -77);
  assert.equal(community.toString(), 'x');
  return { ...pdu, octets: response.length };
}
const number = (value: number) => encodeNumber(SnmpType.integer, value);

const SMALL = agentOf([
  { oid: '1.3.6.1.2.1.1.1.0', value: encodeOctets('a switch') },
  { oid: '1.3.6.1.2.1.1.3.0', value: { tag: SnmpType.timeTicks, number: () => 0xffff_ffff } },
  { oid: '1.3.6.1.2.1.2.2.1.1.2', value: number(2) },
  { oid: '1.3.6.1.2.1.2.2.1.1.10', value: number(10) },
  { oid: '1.3.6.1.2.1.31.1.1.1.6.1', value: { tag: SnmpType.counter64, number: () => 2 ** 53 - 1 } },
]);

test('GET answers values, noSuchInstance below a known object and noSuchObject elsewhere', () => {
  const { varbinds, errorStatus } = ask(SMALL, 'get', [
    '1.3.6.1.2.1.1.1.0',
    '1.3.6.1.2.1.1.3.0',
    '1.3.6.1.2.1.2.2.1.1.3',
    '1.3.6.1.2.1.9.0',
    '1.3.6.1.2.1.31.1.1.1.6.1',
  ]);
  assert.equal(errorStatus, ErrorStatus.noError);
  assert.deepEqual(
    varbinds.map(({ type, value }) => [type, value]),
    [
      [SnmpType.octetString, Buffer.from('a switch')],
      [SnmpType.timeTicks, 0xffff_ffff],
      [SnmpType.noSuchInstance, null],
      [SnmpType.noSuchObject, null],
      [SnmpType.counter64, 2 ** 53 - 1],
    ],
  );
});

test('GETNEXT goes by arcs, not by text, and ends with endOfMibView', () => {
  const { varbinds } = ask(SMALL, 'getNext', ['1.3.6.1.2.1.2.2.1.1.2', '1.3.6.1.2.1.31.1.1.1.6.1']);
  assert.deepEqual(
    varbinds.map(({ oid, type }) => [oid, type]),
    [
      ['1.3.6.1.2.1.2.2.1.1.10', SnmpType.integer],
      ['1.3.6.1.2.1.31.1.1.1.6.1', SnmpType.endOfMibView],
    ],
  );
});

test('GETBULK repeats what is to be repeated and names the last variable at the end', () => {
  const { varbinds } = ask(SMALL, 'getBulk', ['1.3.6.1.2.1.1.1', '1.3.6.1.2.1.2'], { first: 1, second: 20 });
  assert.deepEqual(
    varbinds.map(({ oid, type }) => [oid, type]),
    [
      ['1.3.6.1.2.1.1.1.0', SnmpType.octetString],
      ['1.3.6.1.2.1.2.2.1.1.2', SnmpType.integer],
      ['1.3.6.1.2.1.2.2.1.1.10', SnmpType.integer],
      ['1.3.6.1.2.1.31.1.1.1.6.1', SnmpType.counter64],
      ['1.3.6.1.2.1.31.1.1.1.6.1', SnmpType.endOfMibView],
    ],
  );
});

test('v1 knows neither exceptions, nor GETBULK, nor Counter64', () => {
  const v1 = { version: 0 as const };
  const absent = ask(SMALL, 'get', ['1.3.6.1.2.1.1.1.0', '1.3.6.1.2.1.9.0'], v1);
  assert.deepEqual([absent.errorStatus, absent.errorIndex], [ErrorStatus.noSuchName, 2]);
  assert.equal(absent.varbinds.length, 2);
  assert.equal(ask(SMALL, 'getNext', ['1.3.6.1.2.1.2.2.1.1.10'], v1).errorStatus, ErrorStatus.noSuchName);
  assert.equal(ask(SMALL, 'get', ['1.3.6.1.2.1.31.1.1.1.6.1'], v1).errorStatus, ErrorStatus.noSuchName);
  const writing = ask(SMALL, 'set', ['1.3.6.1.2.1.1.1.0'], v1);
  assert.deepEqual([writing.errorStatus, writing.errorIndex], [ErrorStatus.noSuchName, 1]);
  const bulk = requestOf('getBulk', ['1.3'], { second: 5 });
  bulk[bulk.indexOf(1, 2)] = 0;
  assert.equal(SMALL.handle(bulk), null);
});

test('what does not fit into 1,472 octets: GETBULK is cut, several variables are tooBig, a single one comes whole', () => {
  const large = agentOf([
    ...Array.from({ length: 9 }, (_, i) => ({ oid: `1.3.6.1.9.1.${i}`, value: encodeOctets(Buffer.alloc(400, 65)) })),
    { oid: '1.3.6.1.9.2.0', value: encodeOctets(Buffer.alloc(3000, 66)) },
  ]);
  const cut = ask(large, 'getBulk', ['1.3.6.1.9'], { second: 9 });
  assert.equal(cut.varbinds.length, 3);
  assert.ok(cut.octets <= 1472);
  const names = ['1.3.6.1.9.1.1', '1.3.6.1.9.1.2', '1.3.6.1.9.1.3', '1.3.6.1.9.1.4'];
  for (const kind of ['get', 'getNext'] as const) {
    const refused = ask(large, kind, names);
    assert.deepEqual([refused.errorStatus, refused.varbinds.length], [ErrorStatus.tooBig, 0]);
    assert.equal(ask(large, kind, names, { version: 0 }).varbinds.length, 4);
  }
  for (const single of [
    ask(large, 'get', ['1.3.6.1.9.2.0']),
    ask(large, 'getNext', ['1.3.6.1.9.2']),
    ask(large, 'getBulk', ['1.3.6.1.9.2'], { second: 3 }),
  ]) {
    assert.equal(single.errorStatus, ErrorStatus.noError);
    assert.equal(single.varbinds.length, 1);
    assert.deepEqual(single.varbinds[0]?.value, Buffer.alloc(3000, 66));
  }
});

test('a wrong community is met with silence', () => {
  const agent = agentOf([], 'public');
  assert.equal(agent.handle(requestOf('get', ['1.3.6.1'], { community: 'private' })), null);
  assert.ok(agent.handle(requestOf('get', ['1.3.6.1'], { community: 'public' })));
});

const arc = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(127, 128, 255, 16_383, 16_384, 0xffff_ffff));
const oid = fc.array(arc, { minLength: 0, maxLength: 6 }).map((arcs) => ['1.3', ...arcs].join('.'));

test('any MIB is walked in order and as a whole, by GETNEXT as by GETBULK', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(oid, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 50 }),
      (oids, repetitions) => {
        const agent = agentOf(oids.map((name, i) => ({ oid: name, value: number(i) })));
        const sorted = oids.filter((name) => name !== '1.3').toSorted(compareOids);
        for (const kind of ['getNext', 'getBulk'] as const) {
          const seen: string[] = [];
          for (let at = '1.3', ended = false; !ended;) {
            const { varbinds } = ask(agent, kind, [at], { second: kind === 'getBulk' ? repetitions : 0 });
            assert.ok(varbinds.length > 0);
            for (const varbind of varbinds) {
              if (varbind.type === SnmpType.endOfMibView) ended = true;
              else {
                assert.equal(varbind.value, oids.indexOf(varbind.oid));
                seen.push(varbind.oid);
              }
            }
            at = seen.at(-1) ?? at;
          }
          assert.deepEqual(seen, sorted);
        }
      },
    ),
  );
});

test('numbers that are worked out are encoded as the codec encodes them', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (unsigned, signed) => {
      const agent = agentOf([
        { oid: '1.3.1', value: { tag: SnmpType.counter64, number: () => unsigned } },
        { oid: '1.3.2', value: { tag: SnmpType.integer, number: () => signed } },
      ]);
      const { varbinds } = ask(agent, 'get', ['1.3.1', '1.3.2']);
      assert.deepEqual(
        varbinds.map(({ value }) => value),
        [unsigned, signed],
      );
    }),
    { numRuns: 1000 },
  );
});

test('mutated requests never crash, and what is answered can be decoded', () => {
  const request = requestOf('getBulk', ['1.3.6.1.2.1.1', '1.3.6.1.2.1.2'], { first: 1, second: 10 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(request.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (changes) => {
        const mutated = Buffer.from(request);
        for (const [at, octet] of changes) mutated[at] = octet;
        const response = SMALL.handle(mutated);
        if (response !== null) decodeMessage(response);
      },
    ),
    { numRuns: 5000 },
  );
});
