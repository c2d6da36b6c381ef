// A flood from one address, and an honest sender beside it: `node bench/snmp/trap-flood.ts [--seconds 10] [--rate 20000]
// [--engines 5000] [--address 127.0.0.1] [--port 22162]`. The flood are traps of v2c, and with them v3 messages of a
// known user with a random engine and a wrong MAC each. Bar S6 of the proving ground.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BerWriter } from '@sotp/server/protocols/ber/writer.ts';
import { encodeMessage } from '@sotp/server/protocols/snmp/message.ts';
import { PduType, writePdu } from '@sotp/server/protocols/snmp/pdu.ts';
import { encodeV3 } from '@sotp/server/protocols/snmp/usm/message.ts';
import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '20000' },
    engines: { type: 'string', default: '5000' },
    address: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '22162' },
  },
});
const seconds = Number(options.seconds);
const rate = Number(options.rate);
const engines = Number(options.engines);
const HONEST_RATE = 10;
const FLOOD = '127.22.0.66';
const HONEST = '127.22.0.77';
/** Of a core, for as long as the flood lasts. */
const CPU_MAX = 0.6;

interface Counts {
  readonly taken: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly cpuMs: number;
  readonly rss: number;
}

const trap = (number: number) => ({
  type: PduType.trapV2,
  requestId: number,
  errorStatus: 0,
  errorIndex: 0,
  varbinds: [
    { oid: '1.3.6.1.2.1.1.3.0', type: SnmpType.timeTicks, value: number },
    { oid: '1.3.6.1.6.3.1.1.4.1.0', type: SnmpType.oid, value: '1.3.6.1.6.3.1.1.5.3' },
    { oid: '1.3.6.1.2.1.2.2.1.1.7', type: SnmpType.integer, value: 7 },
    { oid: '1.3.6.1.2.1.2.2.1.8.7', type: SnmpType.integer, value: 2 },
  ],
});

function randomEngine(): Buffer {
  const engineId = Buffer.concat([Buffer.from('80001f88', 'hex'), randomBytes(8)]);
  const writer = new BerWriter();
  writePdu(writer, trap(1));
  const header = { msgId: 1, engineId, boots: 1, time: 1, user: 'known', reportable: false };
  const keys = { auth: { protocol: 'SHA256', key: Buffer.alloc(32, 1) }, priv: null } as const;
  return encodeV3(header, { contextEngineId: engineId, contextName: '', pdu: writer.take() }, keys, Buffer.alloc(8));
}

async function sender(address: string): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, address);
  await once(socket, 'listening');
  socket.connect(Number(options.port), options.address);
  await once(socket, 'connect');
  return socket;
}

/** So many a second, for as long as the flood lasts. */
async function send(socket: Socket, perSecond: number, make: (number: number) => Buffer): Promise<number> {
  const begun = performance.now();
  let sent = 0;
  for (let now = begun; now - begun < seconds * 1000; now = performance.now()) {
    const due = Math.floor(((now - begun) / 1000) * perSecond);
    for (; sent < due; sent += 1) socket.send(make(sent));
    await sleep(1);
  }
  return sent;
}

const folder = mkdtempSync(join(tmpdir(), 'sotp-trap-flood-'));
const child = spawn(
  process.execPath,
  [fileURLToPath(new URL('trap-receiver.ts', import.meta.url)), options.address, options.port, folder],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
await answers.next();
async function counts(): Promise<Counts> {
  child.stdin.write('\n');
  return JSON.parse((await answers.next()).value ?? '{}') as Counts;
}

const flood = await sender(FLOOD);
const honest = await sender(HONEST);
honest.send(encodeMessage({ version: 1, community: 'public', pdu: trap(0) }));
await sleep(500);
const before = await counts();
const pool = Array.from({ length: 2_000 }, (_, i) => encodeMessage({ version: 1, community: 'public', pdu: trap(i) }));
const forged = Array.from({ length: 2_000 }, randomEngine);
const begun = performance.now();
const [honestSent, trapsSent, enginesSent] = await Promise.all([
  send(honest, HONEST_RATE, (i) => encodeMessage({ version: 1, community: 'public', pdu: trap(i + 1) })),
  send(flood, rate, (i) => pool[i % pool.length] ?? Buffer.alloc(0)),
  send(flood, engines, (i) => forged[i % forged.length] ?? Buffer.alloc(0)),
]);
const lastedMs = performance.now() - begun;
await sleep(1_000);
const after = await counts();
child.stdin.end();
await once(child, 'exit');
rmSync(folder, { recursive: true, force: true });
flood.close();
honest.close();

const honestLost = honestSent + 1 - (after.taken[HONEST] ?? 0);
const dropped = Object.entries(after.metrics).filter(([name]) => name.startsWith('trap_dropped_total'));
const droppedSum = dropped.reduce((sum, [, count]) => sum + count, 0);
const taken = Object.values(after.taken).reduce((sum, count) => sum + count, 0);
const received = after.metrics['trap_received_total'] ?? 0;
const cores = (after.cpuMs - before.cpuMs) / lastedMs;
const addsUp = received === taken + droppedSum && received === honestSent + 1 + trapsSent + enginesSent;
const passed = honestLost === 0 && addsUp && cores <= CPU_MAX;
const reasons = Object.fromEntries(
  dropped.filter(([, count]) => count > 0).map(([name, count]) => [/reason="(\w+)"/.exec(name)?.[1] ?? name, count]),
);
console.log(
  `honest ${honestSent + 1} sent, ${honestLost} lost; flood ${trapsSent} traps and ${enginesSent} v3 messages in ${(lastedMs / 1000).toFixed(1)} s`,
);
console.log(
  `taken ${taken}, dropped ${JSON.stringify(reasons)}; ${cores.toFixed(2)} cores, ${(after.rss / 1024 / 1024).toFixed(0)} MiB`,
);
console.log(
  JSON.stringify({
    bar: 'S6',
    honestSent: honestSent + 1,
    honestLost,
    floodPerSecond: Math.round(((trapsSent + enginesSent) / lastedMs) * 1000),
    taken,
    dropped: reasons,
    addsUp,
    cores: Number(cores.toFixed(3)),
    grownMiB: Math.round((after.rss - before.rss) / 1024 / 1024),
    passed,
  }),
);
process.exit(passed ? 0 : 1);
