import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#platform/errors.ts';
import { decodeMessage, encodeMessage, peekVersion, tryDecodeMessage } from './message.ts';
import type { OutgoingCommunityMessage } from './message.ts';
import { PduType } from './pdu.ts';
import { SnmpType } from './value.ts';
import type { SnmpVarbind } from './value.ts';

const arc = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 0xffff_ffff }));
const oid = fc
  .tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 39 }), fc.array(arc, { maxLength: 30 }))
  .map(([root, second, rest]) => [root, second, ...rest].join('.'));
const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const octets = (max: number) => fc.uint8Array({ maxLength: max }).map((bytes) => Buffer.from(bytes));

function varbindOf<T extends SnmpVarbind['value']>(type: SnmpType, value: fc.Arbitrary<T>): fc.Arbitrary<SnmpVarbind> {
  return fc.record({ oid, type: fc.constant(type), value }, { noNullPrototype: true });
}
const varbind = fc.oneof(
  varbindOf(SnmpType.integer, int32),
  varbindOf(SnmpType.counter32, uint32),
  varbindOf(SnmpType.gauge32, uint32),
  varbindOf(SnmpType.timeTicks, uint32),
  varbindOf(SnmpType.counter64, fc.nat({ max: Number.MAX_SAFE_INTEGER })),
  varbindOf(SnmpType.octetString, octets(200)),
  varbindOf(
    SnmpType.ipAddress,
    fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  ),
  varbindOf(SnmpType.opaque, fc.double({ noNaN: true })),
  varbindOf(SnmpType.oid, oid),
  varbindOf(SnmpType.null, fc.constant(null)),
  varbindOf(SnmpType.noSuchObject, fc.constant(null)),
  varbindOf(SnmpType.noSuchInstance, fc.constant(null)),
  varbindOf(SnmpType.endOfMibView, fc.constant(null)),
);
const community = octets(40);
const plainType = fc.constantFrom(PduType.get, PduType.getNext, PduType.response, PduType.set);
const v2Type = fc.constantFrom(PduType.getBulk, PduType.inform, PduType.trapV2, PduType.report);
const varbinds = fc.array(varbind, { maxLength: 12 });
const plain = (type: typeof plainType | typeof v2Type) =>
  fc.record({ type, requestId: int32, errorStatus: int32, errorIndex: int32, varbinds }, { noNullPrototype: true });
const trapV1 = fc.record(
  {
    type: fc.constant(PduType.trapV1),
    enterprise: oid,
    agentAddress: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    genericTrap: int32,
    specificTrap: int32,
    timestamp: uint32,
    varbinds,
  },
  { noNullPrototype: true },
);
const message = fc.oneof(
  fc.record(
    { version: fc.constant(0 as const), community, pdu: fc.oneof(plain(plainType), trapV1) },
    { noNullPrototype: true },
  ),
  fc.record(
    { version: fc.constant(1 as const), community, pdu: fc.oneof(plain(plainType), plain(v2Type)) },
    { noNullPrototype: true },
  ),
);

test('every message of v1 and v2c comes back as it was sent', () => {
  fc.assert(
    fc.property(message, (sent) => {
      const wire = encodeMessage(sent);
      assert.deepEqual(decodeMessage(wire), sent);
      assert.equal(peekVersion(wire), sent.version);
    }),
    { numRuns: 500 },
  );
});

test('every truncated prefix is rejected, and so is a message with something behind it', () => {
  fc.assert(
    fc.property(message, (sent) => {
      const wire = encodeMessage(sent);
      for (let length = 0; length < wire.length; length += 1) {
        assert.equal(tryDecodeMessage(wire.subarray(0, length)), null);
      }
      assert.equal(tryDecodeMessage(Buffer.concat([wire, Buffer.from([0])])), null);
    }),
    { numRuns: 60 },
  );
});

test('a mutated message is decoded or refused as snmp_malformed, never anything else', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(message, edits, (sent, changes) => {
      const wire = encodeMessage(sent);
      for (const [at, octet] of changes) wire[at % wire.length] = octet;
      try {
        decodeMessage(wire);
      } catch (error) {
        assert.ok(error instanceof AppError && error.code === 'snmp_malformed', String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test('a GetRequest has the octets that RFC 1157 prescribes', () => {
  const wire = encodeMessage({
    version: 1,
    community: 'public',
    pdu: {
      type: PduType.get,
      requestId: 0x1234,
      errorStatus: 0,
      errorIndex: 0,
      varbinds: [{ oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.null, value: null }],
    },
  });
  assert.equal(
    wire.toString('hex'),
    '3027020101' +
      '04067075626c6963' +
      'a01a' +
      '02021234' +
      '020100' +
      '020100' +
      '300e300c' +
      '06082b06010201010300' +
      '0500',
  );
});

function responseWith(value: string): Buffer {
  const body = Buffer.from(value, 'hex');
  const name = Buffer.from('06032b0601', 'hex');
  const varbindOctets = Buffer.concat([Buffer.from([0x30, name.length + body.length]), name, body]);
  const list = Buffer.concat([Buffer.from([0x30, varbindOctets.length]), varbindOctets]);
  const pdu = Buffer.concat([Buffer.from('020101020100020100', 'hex'), list]);
  const inner = Buffer.concat([Buffer.from('0201010400', 'hex'), Buffer.from([0xa2, pdu.length]), pdu]);
  return Buffer.concat([Buffer.from([0x30, inner.length]), inner]);
}

function valueOf(hex: string): SnmpVarbind | undefined {
  return tryDecodeMessage(responseWith(hex))?.pdu.varbinds[0];
}

test('values that agents encode in their own way are understood', () => {
  assert.equal(valueOf('4104ffffffff')?.value, 0xffff_ffff, 'Counter32 without its leading zero');
  assert.equal(valueOf('4608ffffffffffffffff')?.value, 2 ** 64, 'Counter64 beyond 2^53 is rounded');
  assert.equal(valueOf('4609000000000000000005')?.value, 5);
  assert.equal(valueOf('020500ffffffff')?.value, 0xffff_ffff);
  assert.equal(valueOf('0201ff')?.value, -1);
  assert.equal(valueOf('0600')?.value, '0.0', 'an OID of no octets');
  assert.equal(valueOf('44079f780441bc0000')?.value, 23.5, 'an Opaque float');
  assert.equal(valueOf('47010a')?.type, SnmpType.gauge32, 'UInteger32 of RFC 1442');
  assert.deepEqual(valueOf('0303ffffff'), { oid: '1.3.6.1', type: SnmpType.null, value: null }, 'a BIT STRING');
  assert.equal(valueOf('0481016f')?.value?.toString(), 'o', 'a length in more octets than it needs');
});

test('encodings that SNMP forbids are refused', () => {
  for (const [hex, why] of [
    ['0480', 'indefinite length'],
    ['0485000000000161', 'a length of five octets'],
    ['0200', 'an INTEGER without content'],
    ['460affffffffffffffffffff', 'a Counter64 of ten octets'],
    ['4609ffffffffffffffffff', 'a Counter64 beyond 64 bits'],
    ['050100', 'a NULL with content'],
    ['06022b80', 'an OID whose last arc is cut'],
    ['0603808001', 'an arc with leading zeros'],
    ['06079fffffffffff7f', 'an arc beyond 32 bits'],
    ['3000', 'a structure for a value'],
    ['0402ff', 'a string longer than the message'],
  ] as const) {
    assert.equal(valueOf(hex), undefined, why);
  }
});

test('a value that does not fit its type is refused before it is sent', () => {
  for (const varbinds of [
    [{ oid: '1.3', type: SnmpType.counter32, value: 2 ** 32 }],
    [{ oid: '1.3', type: SnmpType.counter32, value: -1 }],
    [{ oid: '1.3', type: SnmpType.integer, value: 1.5 }],
    [{ oid: '1.3', type: SnmpType.counter64, value: 2n ** 64n }],
    [{ oid: '1.40.1', type: SnmpType.null, value: null }],
    [{ oid: '1.3.4294967296', type: SnmpType.null, value: null }],
    [{ oid: 'sysUpTime', type: SnmpType.null, value: null }],
  ]) {
    const bad: OutgoingCommunityMessage = {
      version: 1,
      community: 'public',
      pdu: { type: PduType.get, requestId: 1, errorStatus: 0, errorIndex: 0, varbinds },
    };
    assert.throws(() => encodeMessage(bad), { code: 'validation_failed' });
  }
});

test('a v2 PDU in a v1 message and a v1 trap in a v2c message are refused', () => {
  const report = { type: PduType.report, requestId: 1, errorStatus: 0, errorIndex: 0, varbinds: [] };
  const v2 = encodeMessage({ version: 1, community: 'c', pdu: report });
  const v1 = Buffer.from(v2);
  v1[4] = 0;
  assert.notEqual(tryDecodeMessage(v2), null);
  assert.equal(tryDecodeMessage(v1), null);
});

test('a message of 60,000 octets is written and read', () => {
  const value = Buffer.alloc(60_000, 7);
  const pdu = { type: PduType.response, requestId: 1, errorStatus: 0, errorIndex: 0 };
  const wire = encodeMessage({
    version: 1,
    community: 'c',
    pdu: { ...pdu, varbinds: [{ oid: '1.3.6', type: SnmpType.octetString, value }] },
  });
  assert.deepEqual(decodeMessage(wire).pdu.varbinds[0]?.value, value);
});
