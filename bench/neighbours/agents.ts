// The devices of bench/neighbours/run.ts, good and bad. Arguments: devices, UDP port, 1 with bad ones. Says "ready".
import { createFleet } from '@sotp/simulator/fleet/fleet.ts';
import type { Agent } from '@sotp/simulator/agent.ts';
import { serve } from '@sotp/simulator/serve.ts';
import type { Served } from '@sotp/simulator/serve.ts';
import { encodeMessage, tryDecodeMessage } from '@sotp/server/protocols/snmp/message.ts';
import { PduType } from '@sotp/server/protocols/snmp/pdu.ts';
import type { Pdu } from '@sotp/server/protocols/snmp/pdu.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { addressOf, kindOf } from './kinds.ts';

const [devices = 1000, port = 21_161, bad = 0] = process.argv.slice(2).map(Number);
const IF_TABLE = '1.3.6.1.2.1.2.2.1.';
const LATE_MS = 1900;
const TRICKLE_MS = 900;

interface Asked {
  readonly pdu: Pdu;
  answer(rows: readonly { oid: string; value: number }[]): Buffer;
}

function asked(datagram: Uint8Array): Asked | null {
  const message = tryDecodeMessage(datagram);
  if (!message || message.pdu.type === PduType.trapV1) return null;
  const { version, community, pdu } = message;
  return {
    pdu,
    answer(rows) {
      const varbinds = rows.map(({ oid, value }) => ({ oid, type: SnmpType.integer, value }));
      const response = { type: PduType.response, requestId: pdu.requestId, errorStatus: 0, errorIndex: 0, varbinds };
      return encodeMessage({ version, community, pdu: response });
    },
  };
}

/** Walks of the interface table go astray; all else is answered as it should be. */
function astray(honest: Agent, next: (oid: string, n: number) => string): Agent {
  return {
    handle(datagram, maxOctets) {
      const request = asked(datagram);
      const first = request?.pdu.varbinds[0]?.oid ?? '';
      if (!request || request.pdu.type === PduType.get || !first.startsWith(IF_TABLE)) {
        return honest.handle(datagram, maxOctets);
      }
      const { pdu } = request;
      const rows: { oid: string; value: number }[] = [];
      const repetitions = pdu.type === PduType.getBulk ? Math.min(pdu.errorIndex, 20) : 1;
      let cursors = pdu.varbinds.map(({ oid }) => oid);
      for (let n = 0; n < repetitions && rows.length < 40; n += 1) {
        cursors = cursors.map((oid) => next(oid, n));
        rows.push(...cursors.map((oid) => ({ oid, value: n })));
      }
      return request.answer(rows);
    },
  };
}

const columnOf = (oid: string): string => oid.split('.').slice(0, 10).join('.');
const cycle = (oid: string): string => `${columnOf(oid)}.${oid.endsWith('.1') ? 2 : 1}`;
const onwards = (oid: string): string => {
  const index = Number(oid.split('.')[10] ?? 0);
  return `${columnOf(oid)}.${index + 1}`;
};

const fleet = createFleet({ devices, ports: 8, listen: '127.21.1.1', seed: 1, plain: true });
const served = Array.from({ length: devices }, (_, i): Served => {
  const agent = fleet.agent(i);
  const at = { address: addressOf(i), port };
  switch (kindOf(i, bad === 1)) {
    case 'healthy':
      return { ...at, agent };
    case 'blackholed':
      return { ...at, agent: { handle: () => null } };
    case 'late':
      return { ...at, agent, delayMs: LATE_MS };
    case 'cycling':
      return { ...at, agent: astray(agent, cycle) };
    case 'endless':
      return { ...at, agent: astray(agent, onwards) };
    case 'trickling':
      return { ...at, agent, delayMs: (datagram) => TRICKLE_MS * (asked(datagram)?.pdu.varbinds.length ?? 1) };
  }
});
await serve(served);
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
