// Simulated switches with canned answers, one loopback address each: started by the benchmarks as a child process, so
// that its cost is not theirs. Arguments: devices, ports, UDP port. Says "ready" when it listens.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { encodeMessage, tryDecodeMessage } from '@sotp/server/protocols/snmp/message.ts';
import { createHead, readHead } from '@sotp/server/protocols/snmp/head.ts';
import { encodeOid } from '@sotp/server/protocols/snmp/oid.ts';
import { PduType } from '@sotp/server/protocols/snmp/pdu.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import type { OutgoingVarbind } from '@sotp/server/protocols/snmp/varbind.ts';
import { addressOf, switchValues } from './device.ts';

const [devices = 100, ports = 48, port = 21_161] = process.argv.slice(2).map(Number);
const MAX_VARBIND_OCTETS = 1430;
const values = switchValues(ports);
const order = new Map(values.map(({ oid }, i) => [oid, i] as const));
const sorted = values
  .map((value) => ({ value, arcs: String(value.oid).split('.').map(Number) }))
  .toSorted((a, b) => compare(a.arcs, b.arcs));
/** Answers by what follows the request-id: all devices say the same. */
const canned = new Map<string, { answer: Buffer; idAt: number }>();
const head = createHead();

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i += 1) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0);
  return a.length - b.length;
}

function next(oid: string): OutgoingVarbind {
  const arcs = oid.split('.').map(Number);
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle]?.arcs ?? [], arcs) > 0) high = middle;
    else low = middle + 1;
  }
  return sorted[low]?.value ?? { oid, type: SnmpType.endOfMibView, value: null };
}

function answerTo(datagram: Buffer): { answer: Buffer; idAt: number } | null {
  const message = tryDecodeMessage(datagram);
  if (!message || message.pdu.type === PduType.trapV1) return null;
  const { pdu } = message;
  let varbinds: OutgoingVarbind[] = [];
  if (pdu.type === PduType.get) {
    varbinds = pdu.varbinds.map(
      ({ oid }) => values[order.get(oid) ?? -1] ?? { oid, type: SnmpType.noSuchInstance, value: null },
    );
  } else {
    let cursors = pdu.varbinds.map(({ oid }) => oid);
    let octets = 0;
    fill: for (let row = 0; row < (pdu.type === PduType.getBulk ? pdu.errorIndex : 1); row += 1) {
      const found = cursors.map(next);
      for (const one of found) {
        octets += encodeOid(String(one.oid)).length + 14;
        if (octets > MAX_VARBIND_OCTETS) break fill;
        varbinds.push(one);
      }
      cursors = found.map(({ oid }) => String(oid));
    }
  }
  const id = 0x7654_3210;
  const response = { type: PduType.response, requestId: id, errorStatus: 0, errorIndex: 0, varbinds };
  const answer = encodeMessage({ version: message.version, community: message.community, pdu: response });
  readHead(answer, head);
  return { answer, idAt: head.bodyStart - 4 };
}

const sockets = Array.from({ length: devices }, (_, i) => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 17 });
  socket.on('message', (datagram, from) => {
    if (!readHead(datagram, head)) return;
    const { bodyStart, pduTag, id } = head;
    const key = `${pduTag}${datagram.toString('latin1', bodyStart)}`;
    const known = canned.get(key) ?? answerTo(datagram);
    if (!known) return;
    canned.set(key, known);
    const answer = Buffer.from(known.answer);
    // The peers use small ids as well; padding them to four octets is legal for a reader of BER integers.
    answer.writeInt32BE(id, known.idAt);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(port, addressOf(i));
  return once(socket, 'listening');
});
await Promise.all(sockets);
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
