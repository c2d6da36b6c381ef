// Bar S2: somebody else answers too, first, with the right request id and with guessed ones, from other addresses and
// ports, and from the right one what it could not know. None may be taken, and no poll lost:
// `node bench/snmp/forged.ts [--devices 50] [--polls 100]`.
import { parseArgs } from 'node:util';
import { PduType } from '@sotp/server/protocols/snmp/pdu.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { openSocket, startAgent } from '../../server/src/collectors/snmp/testing/agent.ts';
import type { AgentRequest } from '../../server/src/collectors/snmp/testing/agent.ts';
import { read, sessionWith, testTransports } from '../../server/src/collectors/snmp/testing/session.ts';
import { createMutator } from './mutate.ts';

const { values: options } = parseArgs({
  options: { devices: { type: 'string', default: '50' }, polls: { type: 'string', default: '100' } },
});
const polls = Number(options.polls);
const OIDS = ['1.3.6.1.2.1.1.5.0', '1.3.6.1.2.1.1.6.0'];
const { random } = createMutator(1);
const strangers = await Promise.all(['127.0.0.66', '127.0.0.1'].map(openSocket));

/** Forgeries of one request: those that a guesser off the path can send, and those of one who sees the request's id. */
function forge(request: AgentRequest): number {
  const lie = (change = {}): Buffer =>
    request.response(
      OIDS.map((oid) => ({ oid, type: SnmpType.octetString, value: 'a lie' })),
      change,
    );
  const guesses = Array.from({ length: 10 }, () => lie({ requestId: 0x0080_0000 + random(0x7f00_0000) }));
  for (const socket of strangers) {
    request.send(lie(), socket);
    for (const guess of guesses.slice(0, 3)) request.send(guess, socket);
  }
  for (const guess of guesses) request.send(guess);
  for (const change of [{ community: 'private' }, { version: 0 }, { type: PduType.report }, { type: PduType.get }]) {
    request.send(lie(change));
  }
  return 2 * 4 + guesses.length + 4;
}

async function over({ kind, open }: (typeof testTransports)[number]) {
  const transport = await open();
  let forged = 0;
  let accepted = 0;
  let failed = 0;
  const follow = async (): Promise<void> => {
    const agent = await startAgent((request) => {
      forged += forge(request);
      request.send(request.response(OIDS.map((oid) => ({ oid, type: SnmpType.octetString, value: 'truth' }))));
    });
    const reader = read(sessionWith(transport, agent.port, { timeoutMs: 5000 }));
    for (let i = 0; i < polls; i += 1) {
      try {
        const values = await reader.get(OIDS);
        if (values.some((one) => String(one?.value) !== 'truth')) accepted += 1;
      } catch {
        failed += 1;
      }
    }
    await agent.stop();
  };
  await Promise.all(Array.from({ length: Number(options.devices) }, follow));
  const { dropped, received, accepted: taken, retried, kernelDropped } = transport.counters;
  await transport.close();
  const counted = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  const adds = received === taken + counted;
  return {
    kind,
    polls: polls * Number(options.devices),
    forged,
    received,
    counted,
    accepted,
    failed,
    retried,
    kernelDropped,
    adds,
    dropped,
  };
}

const runs = [];
for (const transport of testTransports) runs.push(await over(transport));
for (const socket of strangers) socket.close();
const passed = runs.every(({ accepted, failed, adds, forged }) => accepted === 0 && failed === 0 && adds && forged > 0);
console.log(JSON.stringify({ bench: 'snmp/forged', bar: 'S2', runs, passed }));
process.exitCode = passed ? 0 : 1;
