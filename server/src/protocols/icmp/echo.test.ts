import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { internetChecksum } from './checksum.ts';
import {
  ECHO_HEADER_LENGTH,
  echoIdentifier,
  echoSequence,
  icmpStart,
  isEchoReply,
  isQuotedEchoRequest,
  writeEchoRequest,
} from './echo.ts';
import { describeIcmpError } from './unreachable.ts';

const word = fc.integer({ min: 0, max: 0xffff });
const family = fc.constantFrom<4 | 6>(4, 6);

/** Turns a request of ours into the reply that a host would send. */
function replyTo(request: Uint8Array, kind: 4 | 6): Uint8Array {
  const reply = Uint8Array.from(request);
  reply[0] = kind === 4 ? 0 : 129;
  reply[2] = 0;
  reply[3] = 0;
  if (kind === 4) {
    const checksum = internetChecksum(reply, 0, reply.length);
    reply[2] = checksum >>> 8;
    reply[3] = checksum & 0xff;
  }
  return reply;
}

test('the checksum of the example of RFC 1071 section 3 is as printed there', () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assert.equal(internetChecksum(bytes, 0, 8), ~0xddf2 & 0xffff);
});

test('a region that holds its own checksum sums to zero, and a changed bit shows', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 4, maxLength: 1500 }),
      fc.nat(),
      fc.integer({ min: 0, max: 7 }),
      (bytes, position, bit) => {
        bytes[0] = 0;
        bytes[1] = 0;
        const checksum = internetChecksum(bytes, 0, bytes.length);
        bytes[0] = checksum >>> 8;
        bytes[1] = checksum & 0xff;
        assert.equal(internetChecksum(bytes, 0, bytes.length), 0);
        const at = position % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        assert.notEqual(internetChecksum(bytes, 0, bytes.length), 0);
      },
    ),
  );
});

test('a reply carries the identifier and sequence number of its request', () => {
  fc.assert(
    fc.property(family, word, word, fc.uint8Array({ maxLength: 1400 }), (kind, id, sequence, payload) => {
      const request = new Uint8Array(ECHO_HEADER_LENGTH + payload.length);
      request.set(payload, ECHO_HEADER_LENGTH);
      writeEchoRequest(request, kind, id, sequence);
      assert.ok(isQuotedEchoRequest(request, 0, request.length, kind));
      assert.ok(!isEchoReply(request, 0, request.length, kind));
      const reply = replyTo(request, kind);
      assert.ok(isEchoReply(reply, 0, reply.length, kind));
      assert.equal(echoIdentifier(reply, 0), id);
      assert.equal(echoSequence(reply, 0), sequence);
      assert.deepEqual(reply.subarray(ECHO_HEADER_LENGTH), payload);
    }),
  );
});

test('any bytes are judged without a throw, and a message start lies inside the packet', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), family, (bytes, kind) => {
      const start = icmpStart(bytes, 0, bytes.length);
      assert.ok(start === -1 || (start >= 20 && start <= bytes.length));
      isEchoReply(bytes, 0, bytes.length, kind);
      isQuotedEchoRequest(bytes, 0, bytes.length, kind);
    }),
    { numRuns: 2000 },
  );
});

test('an IPv4 header with options is skipped as a whole', () => {
  const packet = new Uint8Array(60);
  packet[0] = 0x47;
  packet[9] = 1;
  assert.equal(icmpStart(packet, 0, packet.length), 28);
  packet[9] = 17;
  assert.equal(icmpStart(packet, 0, packet.length), -1);
});

test('errors that speak of the destination are put in words, others are not', () => {
  assert.equal(describeIcmpError(4, 3, 1), 'host unreachable');
  assert.equal(describeIcmpError(6, 1, 3), 'address unreachable');
  assert.equal(describeIcmpError(4, 3, 99), 'destination unreachable (code 99)');
  assert.equal(describeIcmpError(4, 11, 0), 'hop limit exceeded on the way');
  assert.equal(describeIcmpError(4, 5, 0), null);
});
