// Simulated switches with canned answers, one loopback address each: started by the benchmarks as a child process, so
// that its cost is not theirs. Arguments: devices, ports, UDP port. Says "ready" when it listens.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { encodeMessage, tryDecodeMessage } from '@sotp/server/protocols/snmp/message.ts';
import { createHead, readHead } from '@sotp/server/protocols/snmp/head.ts';
import { encodeOid } from '@sotp/server/protocols/snmp/oid.ts';
import { BerReader } from '@sotp/server/protocols/ber/reader.ts';
import { BerWriter } from '@sotp/server/protocols/ber/writer.ts';
import { PduType, readPdu, writePdu } from '@sotp/server/protocols/snmp/pdu.ts';
import type { Pdu } from '@sotp/server/protocols/snmp/pdu.ts';
import { localizeKey, localizePrivKey, passwordToKey } from '@sotp/server/protocols/snmp/usm/keys.ts';
import { NO_KEYS, encodeV3, openScoped, readV3 } from '@sotp/server/protocols/snmp/usm/message.ts';
import type { UsmKeys } from '@sotp/server/protocols/snmp/usm/message.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import type { OutgoingVarbind } from '@sotp/server/protocols/snmp/varbind.ts';
import { UPTIME, V3, addressOf, switchValues } from './device.ts';

const [devices = 100, ports = 48, port = 21_161] = process.argv.slice(2).map(Number);
const MAX_VARBIND_OCTETS = 1430;
const values = switchValues(ports);
const order = new Map(values.map(({ oid }, i) => [oid, i] as const));
const sorted = values
  .map((value) => ({ value, arcs: String(value.oid).split('.').map(Number) }))
  .toSorted((a, b) => compare(a.arcs, b.arcs));
/** Answers by what follows the request-id: all devices say the same. */
interface Canned {
  readonly answer: Buffer;
  readonly idAt: number;
  /** Where sysUpTime stands; -1 where it was not asked for. An agent whose clock stands still would seem to start anew. */
  readonly uptimeAt: number;
}
const known = new Map<string, Canned>();
const started = performance.now();
const head = createHead();
const reader = new BerReader(Buffer.alloc(0));

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

function varbindsFor(pdu: Pdu): OutgoingVarbind[] {
  if (pdu.type === PduType.get) {
    return pdu.varbinds.map(
      ({ oid }) => values[order.get(oid) ?? -1] ?? { oid, type: SnmpType.noSuchInstance, value: null },
    );
  }
  const varbinds: OutgoingVarbind[] = [];
  let cursors = pdu.varbinds.map(({ oid }) => oid);
  let octets = 0;
  for (let row = 0; row < (pdu.type === PduType.getBulk ? pdu.errorIndex : 1); row += 1) {
    const found = cursors.map(next);
    for (const one of found) {
      octets += encodeOid(String(one.oid)).length + 14;
      if (octets > MAX_VARBIND_OCTETS) return varbinds;
      varbinds.push(one);
    }
    cursors = found.map(({ oid }) => String(oid));
  }
  return varbinds;
}

/** A request id of four octets, to be overwritten. */
const ID = 0x7654_3210;
const ID_OCTETS = Buffer.from('020476543210', 'hex');
/** Four octets as well. */
const UPTIME_OCTETS = Buffer.from('430400000000', 'hex');
UPTIME_OCTETS.writeInt32BE(UPTIME, 2);

function responseTo(pdu: Pdu) {
  return { type: PduType.response, requestId: ID, errorStatus: 0, errorIndex: 0, varbinds: varbindsFor(pdu) };
}

function answerTo(datagram: Buffer): Canned | null {
  const message = tryDecodeMessage(datagram);
  if (!message || message.pdu.type === PduType.trapV1) return null;
  const { version, community } = message;
  return canned(encodeMessage({ version, community, pdu: responseTo(message.pdu) }));
}

function canned(answer: Buffer): Canned {
  const uptimeAt = answer.indexOf(UPTIME_OCTETS);
  return { answer, idAt: answer.indexOf(ID_OCTETS) + 2, uptimeAt: uptimeAt < 0 ? -1 : uptimeAt + 2 };
}

/** Makes a canned answer that of a request, at this moment. */
function fill(answer: Buffer, { idAt, uptimeAt }: Canned, id: number): void {
  // Padding an id to four octets is legal for a reader of BER integers.
  answer.writeInt32BE(id, idAt);
  if (uptimeAt >= 0) answer.writeInt32BE(UPTIME + Math.floor((performance.now() - started) / 10), uptimeAt);
}

/** The same over v3: user `u`, SHA-256, AES-128; nothing of the request is verified. */
const authKey = passwordToKey('SHA256', Buffer.from(V3.auth));
const privKey = passwordToKey('SHA256', Buffer.from(V3.priv));
let salt = 0;
function createV3(device: number): (datagram: Buffer) => Buffer | null {
  const engineId = Buffer.from('80001f880400000000', 'hex');
  engineId.writeUInt32BE(device, 5);
  const keys: UsmKeys = {
    auth: { protocol: 'SHA256', key: localizeKey('SHA256', authKey, engineId) },
    priv: { protocol: 'AES', key: localizePrivKey('SHA256', 'AES', privKey, engineId) },
  };
  return (datagram) => {
    const envelope = readV3(datagram);
    const discovery = envelope?.engineId.length === 0;
    const opened = envelope && openScoped(envelope, keys.priv);
    if (!opened) return null;
    const { pdu } = opened;
    reader.load(pdu);
    reader.open(pdu[0] ?? 0);
    const id = reader.int32();
    const body = Buffer.from(pdu.buffer, pdu.byteOffset, pdu.length).toString('latin1', reader.at);
    const key = `3${discovery ? 'd' : ''}${pdu[0]}${body}`;
    let found = known.get(key);
    if (!found) {
      const writer = new BerWriter();
      const decoded = readPdu(new BerReader(pdu));
      if (decoded.type === PduType.trapV1) return null;
      const report = { oid: '1.3.6.1.6.3.15.1.1.4.0', type: SnmpType.counter32, value: 1 };
      const response = responseTo(decoded);
      writePdu(writer, discovery ? { ...response, type: PduType.report, varbinds: [report] } : response);
      found = canned(writer.take());
      known.set(key, found);
    }
    fill(found.answer, found, id);
    const salted = Buffer.alloc(8);
    salted.writeUInt32BE((salt += 1), 4);
    const time = Math.floor((performance.now() - started) / 1000);
    const header = { msgId: envelope.msgId, engineId, boots: 1, time, user: discovery ? '' : 'u', reportable: false };
    const scoped = { contextEngineId: engineId, contextName: '', pdu: found.answer };
    return encodeV3(header, scoped, discovery ? NO_KEYS : keys, salted);
  };
}

const sockets = Array.from({ length: devices }, (_, i) => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 17 });
  const v3 = createV3(i);
  socket.on('message', (datagram, from) => {
    if (!readHead(datagram, head)) return;
    if (head.version === 3) {
      const sealed = v3(datagram);
      if (sealed) socket.send(sealed, from.port, from.address);
      return;
    }
    const { bodyStart, pduTag, id } = head;
    const key = `${pduTag}${datagram.toString('latin1', bodyStart)}`;
    const found = known.get(key) ?? answerTo(datagram);
    if (!found) return;
    known.set(key, found);
    const answer = Buffer.from(found.answer);
    fill(answer, found, id);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(port, addressOf(i));
  return once(socket, 'listening');
});
await Promise.all(sockets);
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
