// Bar S4: agents that boot again, drift, lose their boots counter, become another engine or reach the end of their boots
// counter, and a trap that is replayed, also to a receiver that was started anew:
// `node bench/snmp/resync.ts [--rounds 100] [--replays 1000]`.
import { createSocket } from 'node:dgram';
import { parseArgs } from 'node:util';
import { BerWriter } from '@sotp/server/protocols/ber/writer.ts';
import { PduType, writePdu } from '@sotp/server/protocols/snmp/pdu.ts';
import { createKeyRing, localizeKey, localizePrivKey, passwordToKey } from '@sotp/server/protocols/snmp/usm/keys.ts';
import { encodeV3 } from '@sotp/server/protocols/snmp/usm/message.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { Session } from '../../server/src/collectors/snmp/client/session.ts';
import { usmSecurity } from '../../server/src/collectors/snmp/client/usm.ts';
import { openTestTransport, read } from '../../server/src/collectors/snmp/testing/session.ts';
import { V3_PASSWORDS, startV3Agent } from '../../server/src/collectors/snmp/testing/v3Agent.ts';
import type { V3Agent } from '../../server/src/collectors/snmp/testing/v3Agent.ts';
import { openTestListener } from '../../server/src/collectors/traps/testing.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { toAppError } from '../../server/src/platform/errors.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '100' }, replays: { type: 'string', default: '1000' } },
});
const rounds = Number(options.rounds);
const replays = Number(options.replays);
const MAX_BOOTS = 0x7fff_ffff;
const ring = createKeyRing();
const transport = await openTestTransport();
const user = {
  name: 'u',
  context: '',
  auth: { protocol: 'SHA256', password: V3_PASSWORDS.auth },
  priv: { protocol: 'AES', password: V3_PASSWORDS.priv },
} as const;

function idOf(n: number): Buffer {
  const id = Buffer.from('80001f880400000000', 'hex');
  id.writeUInt32BE(n, 5);
  return id;
}

/** What befalls an agent; whether it begins another life, so that rates have to start anew. */
const moves: readonly [string, (engine: V3Agent['engine'], n: number) => void, boolean][] = [
  ['boots again', (engine) => Object.assign(engine, { boots: engine.boots + 1, time: 3 }), true],
  ['drifts ahead', (engine) => Object.assign(engine, { time: engine.time + 600 }), false],
  ['falls back', (engine) => Object.assign(engine, { time: Math.max(1, engine.time - 600) }), false],
  ['loses its boots', (engine) => Object.assign(engine, { boots: 1, time: 5 }), true],
  ['is exchanged', (engine, n) => Object.assign(engine, { id: idOf(n + 1), boots: 2, time: 9 }), true],
];

/** A session with an agent of its own; `use` is given how to poll it once. */
async function withAgent<T>(use: (poll: () => Promise<string>, agent: V3Agent, session: Session) => Promise<T>) {
  const agent = await startV3Agent((request) => request.send(request.answer('truth')));
  const security = usmSecurity(user, { clock: systemClock, ring, salt: Buffer.alloc(8) });
  const endpoint = { address: '127.0.0.1', port: agent.port, family: 4 } as const;
  const session = new Session({ transport, endpoint, security, timeoutMs: 5000, tries: 2, random: Math.random });
  const poll = async (): Promise<string> => String((await read(session).get(['1.3.6.1.2.1.1.5.0']))[0]?.value);
  try {
    return await use(poll, agent, session);
  } finally {
    await agent.stop();
  }
}

/** How many polls it took to be heard again, at most; and whether it showed that a restart was noticed. */
function follow([name, move, isAnotherLife]: (typeof moves)[number]) {
  return withAgent(async (poll, agent, session) => {
    await poll();
    let worst = 0;
    let noticed = 0;
    for (let n = 0; n < rounds; n += 1) {
      const { epoch } = session.security;
      Object.assign(agent.engine, { boots: agent.engine.boots + (name === 'loses its boots' ? 7 : 0) });
      if (name === 'loses its boots') await poll();
      const before = name === 'loses its boots' ? session.security.epoch : epoch;
      move(agent.engine, n);
      let polls = 1;
      while ((await poll().catch(() => '')) !== 'truth' && polls < 10) polls += 1;
      worst = Math.max(worst, polls);
      if (session.security.epoch !== before) noticed += 1;
    }
    return {
      name,
      rounds,
      worstPolls: worst,
      newEpochs: noticed,
      right: worst === 1 && noticed === (isAnotherLife ? rounds : 0),
    };
  });
}

/** An engine at the end of its boots counter must get new keys (RFC 3414 section 2.2.2): it is told, never believed. */
function exhausted() {
  return withAgent(async (poll, agent) => {
    agent.engine.boots = MAX_BOOTS;
    return poll().then(
      () => 'accepted',
      (error: unknown) => String(toAppError(error).code),
    );
  });
}

/** A trap of an engine of its own, as it goes over the wire. */
function trapOf(engine: Buffer): Buffer {
  const writer = new BerWriter();
  writePdu(writer, {
    type: PduType.trapV2,
    requestId: 4711,
    errorStatus: 0,
    errorIndex: 0,
    varbinds: [
      { oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.timeTicks, value: 100 },
      { oid: '1.3.6.1.6.3.1.1.4.1.0', type: SnmpType.oid, value: '1.3.6.1.6.3.1.1.5.3' },
    ],
  });
  const auth = passwordToKey('SHA256', Buffer.from(V3_PASSWORDS.auth));
  const priv = passwordToKey('SHA256', Buffer.from(V3_PASSWORDS.priv));
  const keys = {
    auth: { protocol: 'SHA256', key: localizeKey('SHA256', auth, engine) },
    priv: { protocol: 'AES', key: localizePrivKey('SHA256', 'AES', priv, engine) },
  } as const;
  const header = { msgId: 1, engineId: engine, boots: 4, time: 1000, user: 'u', reportable: false };
  return encodeV3(header, { contextEngineId: engine, contextName: '', pdu: writer.take() }, keys, Buffer.alloc(8, 1));
}

async function replay() {
  const secret = {
    username: 'u',
    securityLevel: 'authPriv',
    authProtocol: 'SHA256',
    authKey: V3_PASSWORDS.auth,
    privProtocol: 'AES',
    privKey: V3_PASSWORDS.priv,
  } as const;
  const listener = await openTestListener({ users: [secret], settings: { perSecond: 100_000 } });
  const socket = createSocket('udp4');
  const trap = trapOf(idOf(0xff));
  const send = async (times: number): Promise<void> => {
    const already = listener.metrics()['trap_received_total'] ?? 0;
    // In portions that fit the receive buffer.
    for (let sent = 0; sent < times; sent += 50) {
      const portion = Math.min(50, times - sent);
      for (let i = 0; i < portion; i += 1) socket.send(trap, listener.port, '127.0.0.1');
      await listener.received(already + sent + portion);
    }
  };
  await send(1);
  const first = listener.got.lines.length;
  await send(replays);
  const dropped = listener.dropped('replayed');
  await listener.restart();
  await send(replays);
  const afterRestart = listener.dropped('replayed');
  const stored = listener.got.lines.length;
  socket.close();
  await listener.close();
  return { first, replayed: 2 * replays, storedMore: stored - first, dropped, afterRestart };
}

const followed = await Promise.all(moves.map(follow));
const atTheEnd = await exhausted();
await transport.close();
const trap = await replay();
const passed =
  followed.every(({ right }) => right) &&
  atTheEnd === 'snmp_not_in_time_window' &&
  trap.first === 1 &&
  trap.storedMore === 0;
console.log(JSON.stringify({ bench: 'snmp/resync', bar: 'S4', followed, atTheEnd, trap, passed }));
process.exitCode = passed ? 0 : 1;
