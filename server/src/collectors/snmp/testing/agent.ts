import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { encodeMessage, tryDecodeMessage } from '#protocols/snmp/message.ts';
import type { CommunityMessage } from '#protocols/snmp/message.ts';
import { PduType } from '#protocols/snmp/pdu.ts';
import type { Pdu } from '#protocols/snmp/pdu.ts';
import { compareOids } from '#protocols/snmp/oid.ts';
import { SnmpType } from '#protocols/snmp/value.ts';
import type { OutgoingVarbind } from '#protocols/snmp/varbind.ts';

/** One request as a hand-made agent sees it. */
export interface AgentRequest {
  readonly message: CommunityMessage & { readonly pdu: Pdu };
  /** Its number, from 1 on. */
  readonly count: number;
  /** A response to it; what is given replaces its fields. */
  response(varbinds: readonly OutgoingVarbind[], change?: Partial<ResponseChange>): Buffer;
  /** Sends octets back, from the agent's own socket or another. */
  send(octets: Uint8Array, from?: Socket): void;
}

interface ResponseChange {
  version: 0 | 1;
  community: string | Uint8Array;
  type: Exclude<Pdu['type'], never>;
  requestId: number;
  errorStatus: number;
  errorIndex: number;
}

export interface TestAgent {
  readonly port: number;
  readonly requests: CommunityMessage[];
  stop(): Promise<void>;
}

/** An agent on a free loopback port that does whatever `behave` does: to play devices that misbehave. */
export async function startAgent(behave: (request: AgentRequest) => void): Promise<TestAgent> {
  const socket = await openSocket('127.0.0.1');
  const requests: CommunityMessage[] = [];
  socket.on('message', (datagram, { port, address }) => {
    const decoded = tryDecodeMessage(datagram);
    if (!decoded || decoded.pdu.type === PduType.trapV1) return;
    const message = { ...decoded, pdu: decoded.pdu };
    requests.push(message);
    behave({
      message,
      count: requests.length,
      response: (varbinds, change = {}) => respond(message, varbinds, change),
      send: (octets, from = socket) => from.send(octets, port, address),
    });
  });
  return {
    port: socket.address().port,
    requests,
    async stop() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** A bound socket, for answers that come from elsewhere. */
export async function openSocket(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

function respond(
  { version, community, pdu }: AgentRequest['message'],
  varbinds: readonly OutgoingVarbind[],
  change: Partial<ResponseChange>,
): Buffer {
  const { type = PduType.response, requestId = pdu.requestId, errorStatus = 0, errorIndex = 0 } = change;
  return encodeMessage({
    version: change.version ?? version,
    community: change.community ?? community,
    pdu: { type, requestId, errorStatus, errorIndex, varbinds },
  });
}

/** What an honest agent with these values answers to a request. */
export function honestAnswer(request: AgentRequest, values: readonly OutgoingVarbind[]): Buffer {
  const sorted = values.toSorted((a, b) => compareOids(String(a.oid), String(b.oid)));
  const { pdu } = request.message;
  const next = (oid: string): OutgoingVarbind =>
    sorted.find((value) => compareOids(String(value.oid), oid) > 0) ?? {
      oid,
      type: SnmpType.endOfMibView,
      value: null,
    };
  if (pdu.type === PduType.get) {
    return request.response(
      pdu.varbinds.map(
        ({ oid }) => sorted.find((value) => value.oid === oid) ?? { oid, type: SnmpType.noSuchInstance, value: null },
      ),
    );
  }
  const rows = pdu.type === PduType.getBulk ? pdu.errorIndex : 1;
  const answer: OutgoingVarbind[] = [];
  let cursors = pdu.varbinds.map(({ oid }) => oid);
  for (let row = 0; row < rows; row += 1) {
    const found = cursors.map(next);
    answer.push(...found);
    cursors = found.map(({ oid }) => String(oid));
  }
  return request.response(answer);
}
