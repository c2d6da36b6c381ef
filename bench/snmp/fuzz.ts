// Mutated SNMP packets into the client's reply path, v1, v2c and v3: no crash, none over 50 ms, no growth of memory, each
// counted: `node bench/snmp/fuzz.ts [--packets 1000000] [--seed N]`. Bar S5 of the proving ground, client's part.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { BerWriter } from '@sotp/server/protocols/ber/writer.ts';
import { encodeMessage } from '@sotp/server/protocols/snmp/message.ts';
import { PduType, writePdu } from '@sotp/server/protocols/snmp/pdu.ts';
import { createKeyRing } from '@sotp/server/protocols/snmp/usm/keys.ts';
import { NO_KEYS, encodeV3, readV3 } from '@sotp/server/protocols/snmp/usm/message.ts';
import type { UsmKeys } from '@sotp/server/protocols/snmp/usm/message.ts';
import { localizeKey, localizePrivKey, passwordToKey } from '@sotp/server/protocols/snmp/usm/keys.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { AppError } from '../../server/src/platform/errors.ts';
import { askEach } from '../../server/src/collectors/snmp/client/operations.ts';
import { communitySecurity } from '../../server/src/collectors/snmp/client/security.ts';
import type { Security } from '../../server/src/collectors/snmp/client/security.ts';
import { Session } from '../../server/src/collectors/snmp/client/session.ts';
import { usmSecurity } from '../../server/src/collectors/snmp/client/usm.ts';
import { createSlots } from '../../server/src/collectors/snmp/transport/slots.ts';
import type { SnmpTransport } from '../../server/src/collectors/snmp/transport/transport.ts';
import { createMutator } from './mutate.ts';

const { values: options } = parseArgs({
  options: { packets: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const packets = Number(options.packets);
const MAX_MS = 50;
const MAX_GROWTH = 20 << 20;
const PER_REQUEST = 50;
const SESSIONS = 48;

// As the collector's process, but for the young generation: its 16 MiB are filled once, whatever comes, and the bar is
// about what packets leave behind.
const FLAGS = ['--expose-gc', '--max-semi-space-size=4', '--heap-growing-percent=40'];
if (!process.execArgv.includes('--expose-gc')) {
  const { status } = spawnSync(process.execPath, [...FLAGS, ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}

const { random, mutate } = createMutator(Number(options.seed));

const VALUES = [
  { type: SnmpType.octetString, value: 'some text' },
  { type: SnmpType.counter64, value: 2 ** 40 },
  { type: SnmpType.timeTicks, value: 1234 },
  { type: SnmpType.integer, value: -5 },
  { type: SnmpType.oid, value: '1.3.6.1.4.1.8072.3.2.10' },
  { type: SnmpType.opaque, value: 23.5 },
  { type: SnmpType.noSuchInstance, value: null },
];
const OIDS = VALUES.map((_, i) => `1.3.6.1.2.1.1.${i + 1}.0`);
const user = {
  name: 'u',
  context: '',
  auth: { protocol: 'SHA256', password: 'authentic' },
  priv: { protocol: 'AES', password: 'private' },
} as const;
const engineId = Buffer.from('80001f880466757a7a', 'hex');
const keys: UsmKeys = {
  auth: { protocol: 'SHA256', key: localizeKey('SHA256', passwordToKey('SHA256', Buffer.from('authentic')), engineId) },
  priv: {
    protocol: 'AES',
    key: localizePrivKey('SHA256', 'AES', passwordToKey('SHA256', Buffer.from('private')), engineId),
  },
};

const pduOf = (
  requestId: number,
  type: typeof PduType.response | typeof PduType.report = PduType.response,
  oid?: string,
) => ({
  type,
  requestId,
  errorStatus: 0,
  errorIndex: 0,
  varbinds: oid
    ? [{ oid, type: SnmpType.counter32, value: 1 }]
    : VALUES.map((value, i) => ({ oid: OIDS[i] ?? '', ...value })),
});

function v3Answer(id: number, discovery: boolean): Buffer {
  const writer = new BerWriter();
  writePdu(writer, discovery ? pduOf(id, PduType.report, '1.3.6.1.6.3.15.1.1.4.0') : pduOf(id));
  const header = { msgId: id, engineId, boots: 3, time: 100, user: discovery ? '' : 'u', reportable: false };
  const scoped = { contextEngineId: engineId, contextName: '', pdu: writer.take() };
  return encodeV3(header, scoped, discovery ? NO_KEYS : keys, Buffer.alloc(8, random(256)));
}

const securities: [string, () => Security, (request: Buffer, id: number) => Buffer][] = [
  [
    'v1',
    () => communitySecurity(0, 'public'),
    (_, id) => encodeMessage({ version: 0, community: 'public', pdu: pduOf(id) }),
  ],
  [
    'v2c',
    () => communitySecurity(1, 'public'),
    (_, id) => encodeMessage({ version: 1, community: 'public', pdu: pduOf(id) }),
  ],
  [
    'v3',
    () => usmSecurity(user, { clock: systemClock, ring, salt: Buffer.alloc(8) }),
    (request, id) => v3Answer(id, readV3(request)?.engineId.length === 0),
  ],
];
const ring = createKeyRing();

let sent = 0;
let slowest = 0;
const slots = createSlots({
  clock: systemClock,
  random: Math.random,
  window: 64,
  send(slot) {
    const { id } = slot;
    const { port, address } = slot.exchange?.endpoint ?? { port: 0, address: '' };
    // The port says which version speaks.
    const honest = securities[port % securities.length]?.[2](slot.message, id) ?? Buffer.alloc(0);
    setImmediate(() => {
      for (let i = 0; i < PER_REQUEST && slot.id === id && slot.exchange; i += 1) {
        const packet = mutate(honest);
        // CPU time: on a busy machine the clock on the wall measures the others.
        const { user: before } = process.threadCpuUsage();
        slots.receive(packet, address, port);
        slowest = Math.max(slowest, (process.threadCpuUsage().user - before) / 1000);
        sent += 1;
      }
      slots.receive(honest, address, port);
    });
  },
});
const transport: SnmpTransport = {
  kind: 'memory',
  window: 64,
  counters: slots.counters,
  askKernel: () => undefined,
  exchange: (exchange) => slots.exchange(exchange),
  close: async () => slots.close(null),
};

let crashes = 0;
let refusals = 0;
process.on('uncaughtException', (error) => {
  crashes += 1;
  console.error(error);
});
async function feed(count: number): Promise<void> {
  await Promise.all(Array.from({ length: SESSIONS }, (_, port) => converse(port, count)));
}

async function converse(port: number, count: number): Promise<void> {
  const security = securities[port % securities.length]?.[1];
  while (security && sent < count) {
    const endpoint = { address: '127.0.0.1', port, family: 4 } as const;
    const session = new Session({
      transport,
      endpoint,
      security: security(),
      timeoutMs: 20,
      tries: 1,
      random: Math.random,
    });
    for (let i = 0; i < 20; i += 1) {
      await askEach(session, PduType.get, OIDS).catch((error: unknown) => {
        if (error instanceof AppError && error.code !== 'internal') refusals += 1;
        else {
          crashes += 1;
          console.error(error);
        }
      });
    }
  }
}

await feed(packets / 10);
globalThis.gc?.();
const before = process.memoryUsage().rss;
slowest = 0;
await feed(packets);
globalThis.gc?.();
const growth = process.memoryUsage().rss - before;
const { received, accepted, dropped } = slots.counters;
const droppedTotal = Object.values(dropped).reduce((sum, count) => sum + count, 0);
const passed = crashes === 0 && slowest <= MAX_MS && growth <= MAX_GROWTH && received === accepted + droppedTotal;
console.table([
  { packets: sent, crashes, refusals, 'slowest ms': slowest.toFixed(2), 'growth MiB': (growth / 2 ** 20).toFixed(1) },
]);
console.table(dropped);
console.log(
  JSON.stringify({
    bench: 'snmp/fuzz',
    packets: sent,
    crashes,
    slowestMs: slowest,
    growth,
    received,
    accepted,
    dropped,
    passed,
  }),
);
await transport.close();
process.exitCode = passed ? 0 : 1;
