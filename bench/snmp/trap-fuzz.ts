// Mutated notifications into the receiver, v1, v2c and v3: no crash, none over 50 ms, no growth of memory, each counted:
// `node bench/snmp/trap-fuzz.ts [--packets 1000000] [--seed N]`. Bar S5 of the proving ground, receiver's part.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { BerWriter } from '@sotp/server/protocols/ber/writer.ts';
import { encodeMessage } from '@sotp/server/protocols/snmp/message.ts';
import { PduType, writePdu } from '@sotp/server/protocols/snmp/pdu.ts';
import type { OutgoingPdu } from '@sotp/server/protocols/snmp/pdu.ts';
import { createKeyRing } from '@sotp/server/protocols/snmp/usm/keys.ts';
import { NO_KEYS, encodeV3 } from '@sotp/server/protocols/snmp/usm/message.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { createEngines } from '../../server/src/collectors/traps/engines.ts';
import { createNames } from '../../server/src/collectors/traps/names.ts';
import { createTrapReceiver } from '../../server/src/collectors/traps/receiver.ts';
import { createTally } from '../../server/src/collectors/traps/tally.ts';
import { createUsers } from '../../server/src/collectors/traps/users.ts';
import { createV3Receiver } from '../../server/src/collectors/traps/v3.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';
import type { UsmKeys } from '@sotp/server/protocols/snmp/usm/message.ts';
import { createMutator } from './mutate.ts';

const { values: options } = parseArgs({
  options: { packets: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const packets = Number(options.packets);
const MAX_MS = 50;
const MAX_GROWTH = 20 << 20;

// As the collector's process, but for the young generation: its 16 MiB are filled once, whatever comes, and the bar is
// about what packets leave behind.
const FLAGS = ['--expose-gc', '--max-semi-space-size=4', '--heap-growing-percent=40'];
if (!process.execArgv.includes('--expose-gc')) {
  const { status } = spawnSync(process.execPath, [...FLAGS, ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}

const { random, mutate } = createMutator(Number(options.seed));
const PASSWORDS = {
  authProtocol: 'SHA256',
  authKey: 'authentic',
  privProtocol: 'AES',
  privKey: 'a private key',
} as const;
const credentials = {
  communities: new Set(['public']),
  users: [
    { username: 'plain', securityLevel: 'noAuthNoPriv' },
    { username: 'signed', securityLevel: 'authNoPriv', ...PASSWORDS },
    { username: 'hidden', securityLevel: 'authPriv', ...PASSWORDS },
  ] as const,
};
const own = { id: Buffer.from('8000000005aabbccddeeff', 'hex'), boots: 3 };
const sender = Buffer.from('80001f880466757a7a', 'hex');
const ring = createKeyRing();
const users = createUsers(credentials, ring);

const VARBINDS = [
  { oid: '1.3.6.1.2.1.2.2.1.1.7', type: SnmpType.integer, value: 7 },
  { oid: '1.3.6.1.2.1.2.2.1.2.7', type: SnmpType.octetString, value: 'ge-0/0/7' },
  { oid: '1.3.6.1.2.1.2.2.1.6.7', type: SnmpType.octetString, value: Buffer.from('001122334455', 'hex') },
  { oid: '1.3.6.1.2.1.25.1.2.0', type: SnmpType.octetString, value: Buffer.from('07ea0c1f17003b05', 'hex') },
  { oid: '1.3.6.1.2.1.31.1.1.1.6.7', type: SnmpType.counter64, value: 2 ** 40 },
  { oid: '1.3.6.1.4.1.8072.1.1', type: SnmpType.opaque, value: 23.5 },
  { oid: '1.3.6.1.2.1.4.20.1.1.7', type: SnmpType.ipAddress, value: Buffer.from([10, 0, 0, 1]) },
];
const v2 = (type: typeof PduType.trapV2 | typeof PduType.inform): OutgoingPdu => ({
  type,
  requestId: random(2 ** 31),
  errorStatus: 0,
  errorIndex: 0,
  varbinds: [
    { oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.timeTicks, value: random(2 ** 31) },
    { oid: '1.3.6.1.6.3.1.1.4.1.0', type: SnmpType.oid, value: '1.3.6.1.6.3.1.1.5.3' },
    ...VARBINDS,
  ],
});
const v1: OutgoingPdu = {
  type: PduType.trapV1,
  enterprise: '1.3.6.1.4.1.9',
  agentAddress: Buffer.from([10, 0, 0, 2]),
  genericTrap: 6,
  specificTrap: 9,
  timestamp: 1234,
  varbinds: VARBINDS,
};
let engineTime = 100;
/** Made once: keys are what the receiver makes, not what is measured here. */
const keysOf = new Map<string, UsmKeys>();

/** A v3 message; of every other the PDU is changed before it is signed, so that it is opened. */
function v3Packet(): Buffer {
  const inform = random(3) === 0;
  const writer = new BerWriter();
  writePdu(writer, v2(inform ? PduType.inform : PduType.trapV2));
  const inside = random(2) === 0;
  const pdu = inside ? mutate(writer.take()) : writer.take();
  const [user] = users().get(['plain', 'signed', 'hidden'][random(3)] ?? '') ?? [];
  const engineId = inform ? own.id : sender;
  if (random(200) === 0) engineTime += 1;
  const header = {
    msgId: random(2 ** 31),
    engineId,
    boots: 3,
    time: inform ? 0 : engineTime,
    user: user?.name ?? '',
    reportable: inform,
  };
  const salt = Buffer.from(Array.from({ length: 8 }, () => random(256)));
  const place = `${user?.name} ${inform}`;
  const keys = keysOf.get(place) ?? user?.keys(engineId) ?? NO_KEYS;
  keysOf.set(place, keys);
  const message = encodeV3(header, { contextEngineId: sender, contextName: '', pdu }, keys, salt);
  return inside ? message : mutate(message);
}

function packet(): Buffer {
  switch (random(4)) {
    case 0:
      return mutate(encodeMessage({ version: 0, community: 'public', pdu: v1 }));
    case 1:
      return mutate(encodeMessage({ version: 1, community: 'public', pdu: v2(PduType.trapV2) }));
    case 2:
      return mutate(encodeMessage({ version: 1, community: 'public', pdu: v2(PduType.inform) }));
    default:
      return v3Packet();
  }
}

const tally = createTally();
let taken = 0;
let replies = 0;
const names = createNames({ folders: [], clock: systemClock, log: silentLog });
const receiver = createTrapReceiver({
  sink: {
    take(line) {
      if (line.raw.length > 20_000) throw new Error('a line too long');
      taken += 1;
      return true;
    },
    full: false,
    whenRoom: () => Promise.resolve(),
    durable: () => Promise.resolve(),
  },
  v3: createV3Receiver({
    own,
    engines: createEngines(NO_KEYS),
    users,
    clock: systemClock,
    salt: Buffer.alloc(8),
    mayTry: () => true,
  }),
  credentials,
  anyCommunity: false,
  knowledge: () => names.knowledge,
  pollAfter: true,
  tally,
  clock: systemClock,
  log: silentLog,
});

let crashes = 0;
let slowest = 0;
async function feed(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const datagram = packet();
    // CPU time: on a busy machine the clock on the wall measures the others.
    const { user: before } = process.threadCpuUsage();
    try {
      receiver.handle(datagram, '127.0.0.1', `127.0.0.1 ${i % 100}`, () => (replies += 1));
    } catch (error) {
      crashes += 1;
      if (crashes < 10) console.error(error, datagram.toString('hex'));
    }
    slowest = Math.max(slowest, (process.threadCpuUsage().user - before) / 1000);
    if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

process.on('uncaughtException', (error) => {
  crashes += 1;
  console.error(error);
});
await feed(Math.min(packets, 200_000));
slowest = 0;
globalThis.gc?.();
const residentBefore = process.memoryUsage.rss();
await feed(packets);
globalThis.gc?.();
const grown = process.memoryUsage.rss() - residentBefore;
const dropped = Object.values(tally.dropped).reduce((sum, count) => sum + count, 0);
const adds = tally.received === taken + dropped + tally.discoveries;
const heard = taken;
receiver.handle(
  encodeMessage({ version: 1, community: 'public', pdu: v2(PduType.trapV2) }),
  '127.0.0.1',
  'honest',
  () => undefined,
);
const passed = crashes === 0 && slowest <= MAX_MS && grown <= MAX_GROWTH && adds && taken === heard + 1;
const megabytes = Math.round(grown / 1024 / 1024);
console.log(`packets ${tally.received}, taken ${taken}, dropped ${dropped}, answered ${replies}, crashes ${crashes}`);
console.log(`slowest ${slowest.toFixed(1)} ms of CPU, memory ${megabytes >= 0 ? '+' : ''}${megabytes} MiB`);
console.log(
  JSON.stringify({
    bar: 'S5',
    part: 'trap receiver',
    packets,
    crashes,
    slowestMs: slowest,
    grownMiB: megabytes,
    taken,
    dropped: tally.dropped,
    addsUp: adds,
    passed,
  }),
);
process.exit(passed ? 0 : 1);
