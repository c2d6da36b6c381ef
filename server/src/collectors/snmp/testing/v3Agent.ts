import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { BerReader } from '#protocols/ber/reader.ts';
import { BerWriter } from '#protocols/ber/writer.ts';
import { PduType, readPdu, writePdu } from '#protocols/snmp/pdu.ts';
import type { OutgoingPdu } from '#protocols/snmp/pdu.ts';
import { localizeKey, localizePrivKey, passwordToKey } from '#protocols/snmp/usm/keys.ts';
import { NO_KEYS, encodeV3, openScoped, readV3, verifyMac } from '#protocols/snmp/usm/message.ts';
import type { UsmKeys, V3Header } from '#protocols/snmp/usm/message.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';
import { openSocket } from './agent.ts';

export const V3_PASSWORDS = { auth: 'authentic-secret', priv: 'private-secret' };

export interface V3Request {
  readonly msgId: number;
  readonly requestId: number;
  /** Its number, from 1 on; discovery and what is outside the time window do not count. */
  readonly count: number;
  readonly contextName: string;
  readonly encrypted: boolean;
  /** A message with this value of sysName, or with other varbinds; header and keys may be changed. */
  answer(value: string | readonly OutgoingVarbind[], change?: V3Change): Buffer;
  send(octets: Uint8Array): void;
}

export interface V3Change {
  readonly header?: Partial<V3Header>;
  readonly keys?: UsmKeys;
  readonly type?: typeof PduType.response | typeof PduType.report;
  readonly contextName?: string;
}

/** An agent with user `u`, SHA-256 and AES, that keeps to RFC 3414; what it answers in the end is the test's. */
export interface V3Agent {
  readonly port: number;
  readonly engine: { id: Buffer; boots: number; time: number };
  /** Boots and time of the requests that came, discovery left out. */
  readonly asked: { boots: number; time: number }[];
  keys(): UsmKeys;
  stop(): Promise<void>;
}

const OID = { window: '1.3.6.1.6.3.15.1.1.2.0', engine: '1.3.6.1.6.3.15.1.1.4.0', digest: '1.3.6.1.6.3.15.1.1.5.0' };

/** Starts such an agent on a free loopback port. */
export async function startV3Agent(behave: (request: V3Request) => void): Promise<V3Agent> {
  const socket: Socket = await openSocket('127.0.0.1');
  const engine = { id: Buffer.from('80001f8804746573740001', 'hex'), boots: 7, time: 1000 };
  const asked: { boots: number; time: number }[] = [];
  const auth = passwordToKey('SHA256', Buffer.from(V3_PASSWORDS.auth));
  const priv = passwordToKey('SHA256', Buffer.from(V3_PASSWORDS.priv));
  let count = 0;
  let salt = 0;

  const keys = (): UsmKeys => ({
    auth: { protocol: 'SHA256', key: localizeKey('SHA256', auth, engine.id) },
    priv: { protocol: 'AES', key: localizePrivKey('SHA256', 'AES', priv, engine.id) },
  });

  function encode(msgId: number, pdu: OutgoingPdu, used: UsmKeys, change: V3Change = {}): Buffer {
    const writer = new BerWriter();
    writePdu(writer, pdu);
    const header = { msgId, engineId: engine.id, boots: engine.boots, time: engine.time, user: 'u', reportable: false };
    const scoped = { contextEngineId: engine.id, contextName: change.contextName ?? '', pdu: writer.view() };
    const salted = Buffer.alloc(8);
    salted.writeUInt32BE((salt += 1), 4);
    return encodeV3({ ...header, ...change.header }, scoped, change.keys ?? used, salted);
  }

  socket.on('message', (datagram, { port, address }) => {
    const envelope = readV3(datagram);
    if (!envelope) return;
    const send = (octets: Uint8Array): void => void socket.send(octets, port, address);
    const report = (oid: string, requestId: number, used: UsmKeys): void => {
      const varbinds = [{ oid, type: SnmpType.counter32, value: 1 }];
      send(encode(envelope.msgId, { type: PduType.report, requestId, errorStatus: 0, errorIndex: 0, varbinds }, used));
    };
    if (!engine.id.equals(envelope.engineId)) return report(OID.engine, 0, NO_KEYS);
    const { auth: authKey, priv: privKey } = keys();
    if (!authKey || !verifyMac(datagram, envelope, authKey)) return report(OID.digest, 0, NO_KEYS);
    if (envelope.boots !== engine.boots || Math.abs(envelope.time - engine.time) > 150) {
      return report(OID.window, 0, { auth: authKey, priv: null });
    }
    const scoped = openScoped(envelope, privKey);
    if (!scoped) return;
    const contextName = Buffer.from(scoped.contextName).toString();
    const pdu = readPdu(new BerReader(scoped.pdu));
    if (pdu.type === PduType.trapV1) return;
    const { requestId } = pdu;
    asked.push({ boots: envelope.boots, time: envelope.time });
    count += 1;
    behave({
      msgId: envelope.msgId,
      requestId,
      count,
      contextName,
      encrypted: envelope.encrypted,
      send,
      answer(value, change = {}) {
        const text = (oid: string) => ({ oid, type: SnmpType.octetString, value: String(value) });
        const varbinds = typeof value === 'string' ? pdu.varbinds.map(({ oid }) => text(oid)) : value;
        const { type = PduType.response } = change;
        return encode(envelope.msgId, { type, requestId, errorStatus: 0, errorIndex: 0, varbinds }, keys(), change);
      },
    });
  });
  return {
    port: socket.address().port,
    engine,
    asked,
    keys,
    async stop() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
