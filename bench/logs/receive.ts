// CPU of receiving and reading lines, by UDP and TCP, beside rsyslog and syslog-ng writing files in the same run:
// `node bench/logs/receive.ts [lines] [rounds]`. Their packages exclude each other in Debian: unpack one (`dpkg -x`) into a
// folder and name it in SOTP_TEST_PROGRAMS. Exits with 1 when SOTP takes more than the targets of the two beside it.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../server/src/app/supervisor/role-process.ts';
import { freePort, startRsyslog, startSyslogNg } from './daemons.ts';
import type { Receiver } from './daemons.ts';
import { createChance, makeLine } from './lines.ts';

const total = Number(process.argv[2] ?? 150_000);
const ROUNDS = Number(process.argv[3] ?? 3);
/** By TCP lines come as fast as they are taken: more of them, so that there is enough CPU to measure. */
const totals = { udp: total, tcp: total * 4 };
const dir = mkdtempSync(join(tmpdir(), 'sotp-logs-bench-'));
const chance = createChance();
const now = Date.now();
const lines = Array.from({ length: 20_000 }, () => Buffer.from(makeLine(chance, now)));

/** CPU seconds of a process, all threads. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** As fast as 40,000 a second: so that nobody loses much and all are asked the same. */
async function sendUdp(port: number): Promise<void> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const begun = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.ceil((performance.now() - begun) * 40));
    for (; sent < due; sent++) socket.send(lines[sent % lines.length]!);
    await sleep(1);
  }
  await sleep(300);
  socket.close();
}

async function sendTcp(port: number): Promise<void> {
  const socket = createConnection(port, '127.0.0.1');
  await once(socket, 'connect');
  for (let sent = 0; sent < totals.tcp;) {
    const chunk: Buffer[] = [];
    for (let i = 0; i < 200 && sent < totals.tcp; i++, sent++)
      chunk.push(lines[sent % lines.length]!, Buffer.from('\n'));
    if (!socket.write(Buffer.concat(chunk))) await once(socket, 'drain');
  }
  socket.end();
  await once(socket, 'close');
}

async function startSotp(batched: boolean): Promise<Receiver> {
  const [udp, tcp] = [freePort(), freePort()];
  const script = fileURLToPath(new URL('receiver.ts', import.meta.url));
  const flags = nodeFlags('collector', 2);
  const child = spawn(process.execPath, [...flags, script, String(udp), String(tcp), batched ? 'batched' : 'dgram'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    name: batched ? 'SOTP' : 'SOTP, plain dgram',
    process: child,
    udp,
    tcp,
    async received() {
      child.send('count');
      const [count] = await once(child, 'message');
      return Number(count);
    },
  };
}

interface Result {
  readonly name: string;
  readonly transport: 'udp' | 'tcp';
  /** CPU of a line that was received, in each round, and the least of them. */
  readonly rounds: number[];
  us: number;
  received: number;
}

async function measure(receiver: Receiver, transport: 'udp' | 'tcp'): Promise<{ us: number; received: number }> {
  const pid = receiver.process.pid!;
  const before = await receiver.received();
  const cpu = cpuOf(pid);
  await (transport === 'udp' ? sendUdp(receiver.udp) : sendTcp(receiver.tcp));
  await sleep(1_500);
  const used = cpuOf(pid) - cpu;
  const received = (await receiver.received()) - before;
  return { us: (used * 1e6) / Math.max(1, received), received };
}

const receivers: Receiver[] = [];
for (const start of [
  () => startSotp(true),
  () => startSotp(false),
  () => startRsyslog(dir),
  () => startSyslogNg(dir),
]) {
  const receiver = await start();
  if (receiver) receivers.push(receiver);
}
const TRANSPORTS = ['udp', 'tcp'] as const;
const results: Result[] = receivers.flatMap(({ name }) =>
  TRANSPORTS.map((transport) => ({ name, transport, rounds: [], us: Number.POSITIVE_INFINITY, received: 0 })),
);
// They take turns, so that what else the machine does meets all alike; a machine only ever adds to what a line costs, so
// the least counts. The first round is to warm up.
for (let round = 0; round <= ROUNDS; round++) {
  for (const receiver of receivers) {
    for (const transport of TRANSPORTS) {
      const { us, received } = await measure(receiver, transport);
      if (round === 0) continue;
      const result = results.find((one) => one.name === receiver.name && one.transport === transport)!;
      result.rounds.push(Number(us.toFixed(2)));
      result.us = Math.min(result.us, us);
      result.received += received;
    }
  }
}
for (const receiver of receivers) {
  receiver.process.kill();
  await once(receiver.process, 'exit');
}
rmSync(dir, { recursive: true });

const usOf = (name: string, transport: string) =>
  results.find((one) => one.name === name && one.transport === transport)?.us ?? Number.NaN;
const ratios = {
  udp: usOf('SOTP', 'udp') / usOf('rsyslog', 'udp'),
  udpPlain: usOf('SOTP, plain dgram', 'udp') / usOf('rsyslog', 'udp'),
  tcp: usOf('SOTP', 'tcp') / usOf('rsyslog', 'tcp'),
};
for (const { name, transport, us, rounds, received } of results) {
  process.stdout.write(
    `${name.padEnd(18)} ${transport}  ${us.toFixed(2).padStart(6)} us CPU a line (${rounds.join(', ')})   ${received} of ${totals[transport] * ROUNDS} received\n`,
  );
}
process.stdout.write(`${JSON.stringify({ bench: 'logs/receive', lines: total, results, toRsyslog: ratios })}\n`);
const within = ratios.udp <= 1 && ratios.udpPlain <= 2 && ratios.tcp <= 1.2;
process.exit(within ? 0 : 1);
