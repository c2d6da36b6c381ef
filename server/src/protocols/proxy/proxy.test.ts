import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readProxyHeader } from './proxy.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n');

function version2(command: number, family: number, body: readonly number[]): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, body.length >> 8, body.length & 255, ...body])]);
}

test('version 1 names the sender, and what it says begins behind the line', () => {
  const header = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 514\r\n';
  assert.deepEqual(readProxyHeader(Buffer.from(`${header}<13>x\n`)), { source: '192.0.2.7', length: header.length });
  const six = 'PROXY TCP6 2001:db8:0:0::7 2001:db8::1 40000 514\r\n';
  assert.deepEqual(readProxyHeader(Buffer.from(six)), { source: '2001:db8::7', length: six.length });
  const mapped = 'PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 40000 514\r\n';
  assert.deepEqual(readProxyHeader(Buffer.from(mapped)), { source: '192.0.2.7', length: mapped.length });
});

test('a proxy that does not know names nobody', () => {
  for (const line of ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n']) {
    assert.deepEqual(readProxyHeader(Buffer.from(line)), { source: '', length: line.length });
  }
});

test('version 2 names the sender; LOCAL and sockets of files do not', () => {
  const four = version2(0x21, 0x11, [192, 0, 2, 7, 198, 51, 100, 1, 1, 2, 3, 4]);
  assert.deepEqual(readProxyHeader(four), { source: '192.0.2.7', length: four.length });
  const six = version2(0x21, 0x21, [0x20, 1, 13, 184, ...Array<number>(11).fill(0), 7, ...Array<number>(20).fill(1)]);
  assert.deepEqual(readProxyHeader(six), { source: '2001:db8::7', length: six.length });
  const tlvs = version2(0x21, 0x11, [192, 0, 2, 7, 1, 1, 1, 1, 0, 0, 0, 0, 4, 0, 1, 9]);
  assert.deepEqual(readProxyHeader(tlvs), { source: '192.0.2.7', length: tlvs.length });
  const local = version2(0x20, 0, []);
  assert.deepEqual(readProxyHeader(local), { source: '', length: local.length });
  const unix = version2(0x21, 0x31, Array<number>(216).fill(0));
  assert.deepEqual(readProxyHeader(unix), { source: '', length: unix.length });
});

test('what is no header is bad as soon as it can be known', () => {
  for (const text of [
    '<13>x\n',
    'PROXX',
    'PROXY TCP4 192.0.2.7 198.51.100.1 40000\r\n',
    'PROXY TCP4 2001:db8::1 198.51.100.1 40000 514\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 40000 99999\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 -1 514\r\n',
    'PROXY tcp4 192.0.2.7 198.51.100.1 40000 514\r\n',
    `PROXY TCP4 ${'1'.repeat(110)}`,
  ]) {
    assert.equal(readProxyHeader(Buffer.from(text)), 'bad', text);
  }
  assert.equal(readProxyHeader(version2(0x31, 0x11, Array<number>(12).fill(0))), 'bad');
  assert.equal(readProxyHeader(version2(0x22, 0x11, Array<number>(12).fill(0))), 'bad');
  assert.equal(readProxyHeader(version2(0x21, 0x11, [1, 2, 3])), 'bad');
  assert.equal(readProxyHeader(version2(0x21, 0x11, Array<number>(5_000).fill(0))), 'bad');
});

test('a header that drips in is incomplete until it is whole', () => {
  for (const whole of [
    Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 40000 514\r\n'),
    version2(0x21, 0x11, [192, 0, 2, 7, 198, 51, 100, 1, 1, 2, 3, 4]),
  ]) {
    for (let end = 0; end < whole.length; end++) assert.equal(readProxyHeader(whole.subarray(0, end)), 'incomplete');
  }
});

test('no bytes make it throw or claim more than there is', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('', 'PROXY ', SIGNATURE.toString()),
      fc.uint8Array({ maxLength: 200 }),
      (start, rest) => {
        const bytes = Buffer.concat([Buffer.from(start), Buffer.from(rest)]);
        const header = readProxyHeader(bytes);
        if (typeof header === 'object') assert.ok(header.length <= bytes.length);
      },
    ),
    { numRuns: 2_000 },
  );
});
