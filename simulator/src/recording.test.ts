import { test } from 'node:test';
import assert from 'node:assert/strict';
import { decodeMessage, encodeMessage } from '@sotp/server/protocols/snmp/message.ts';
import { PduType } from '@sotp/server/protocols/snmp/pdu.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import type { SnmpVarbind } from '@sotp/server/protocols/snmp/value.ts';
import { createReplayAgent } from './agent.ts';
import { parseRecording } from './recording.ts';

/** Everything that a replay of these lines answers. */
function replay(...lines: string[]): SnmpVarbind[] {
  const agent = createReplayAgent(parseRecording(lines.join('\n')));
  const varbinds = [{ oid: '0.0', type: SnmpType.null, value: null }];
  const pdu = { type: PduType.getBulk, requestId: 1, errorStatus: 0, errorIndex: 1000, varbinds };
  const response = agent.handle(encodeMessage({ version: 1, community: 'any', pdu }));
  assert.ok(response);
  return decodeMessage(response).pdu.varbinds.filter(({ type }) => type !== SnmpType.endOfMibView);
}
const values = (...lines: string[]) => replay(...lines).map(({ value }) => value);

test('every tag comes back as its type', () => {
  const answered = replay(
    '1.3.1|2|-5',
    '1.3.2|4|some | text ',
    '1.3.3|5|',
    '1.3.4|6|1.3.6.1.4.1.9.',
    '1.3.5|64|10.1.2.3',
    '1.3.6|65|4294967295',
    '1.3.7|66| 17 ',
    '1.3.8|67|100',
    '1.3.9|68x|0900',
    '1.3.10|70|18446744073709551615',
    '1.3.11|40|9',
  );
  assert.deepEqual(
    answered.map(({ type, value }) => [type, value]),
    [
      [SnmpType.integer, -5],
      [SnmpType.octetString, Buffer.from('some | text ')],
      [SnmpType.null, null],
      [SnmpType.oid, '1.3.6.1.4.1.9'],
      [SnmpType.ipAddress, Buffer.from([10, 1, 2, 3])],
      [SnmpType.counter32, 4294967295],
      [SnmpType.gauge32, 17],
      [SnmpType.timeTicks, 100],
      [SnmpType.opaque, Buffer.from([9, 0])],
      [SnmpType.counter64, 2 ** 64],
      [SnmpType.counter32, 9],
    ],
  );
});

test('hex, escapes and octets that are no UTF-8 come back octet by octet', () => {
  assert.deepEqual(
    values('1.3.1|4x|00ffAB', '1.3.2|4xx|3a32', '1.3.3|64x|7f000001', String.raw`1.3.4|4e|\x07\xe4\t#\\`),
    [
      Buffer.from([0x00, 0xff, 0xab]),
      Buffer.from([0x3a, 0x32]),
      Buffer.from([127, 0, 0, 1]),
      Buffer.from([0x07, 0xe4, 0x09, 0x23, 0x5c]),
    ],
  );
  const agent = createReplayAgent(parseRecording(Buffer.from([...Buffer.from('1.3.1|4|'), 0xb0, 0x43])));
  assert.ok(agent);
  assert.deepEqual(
    parseRecording(Buffer.from([...Buffer.from('1.3.1|4|'), 0xb0, 0x43])).mib.bytes.slice(-2),
    Uint8Array.of(0xb0, 0x43),
  );
});

test('an opaque float may stand as text', () => {
  const [value] = values('1.3.1|68|Float: 0.5');
  assert.equal(value, 0.5);
});

test('names are sorted by arcs, and the first of two lines counts', () => {
  const answered = replay('1.3.10|2|10', '1.3.9|2|9', '1.3.9|2|99', '1.3.9.1|2|91');
  assert.deepEqual(
    answered.map(({ oid, value }) => [oid, value]),
    [
      ['1.3.9', 9],
      ['1.3.9.1', 91],
      ['1.3.10', 10],
    ],
  );
});

test('lines that are no record and values that do not fit are counted and do not exist', () => {
  const recording = parseRecording(
    [
      '# a comment',
      '',
      '1.3.xx.1|2|1',
      'nonsense',
      '1.3.1|64|<private>',
      '1.3.2|4x|346288XXYYZZ',
      '1.3.3|65|',
      '1.3.4|2|99999999999',
      '1.3.5|4|No more variables left in this MIB View (It is past the end of the MIB tree)',
      '1.3.6|6|SNMPv2-SMI::zeroDotZero',
      '1.3.7|4|kept',
    ].join('\r\n'),
  );
  assert.deepEqual([recording.mib.size, recording.noRecord, recording.unfit], [1, 3, 6]);
});
