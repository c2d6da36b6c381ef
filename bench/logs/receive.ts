// CPU of receiving and reading lines, by UDP and TCP, beside rsyslog and syslog-ng writing files in the same run:
// `node bench/logs/receive.ts [lines]`. Their packages exclude each other in Debian: unpack one (`dpkg -x`) into a
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
import { freePort, startRsyslog, startSyslogNg } from './daemons.ts';
import type { Receiver } from './daemons.ts';
import { createChance, makeLine } from './lines.ts';

const total = Number(process.argv[2] ?? 200_000);
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
  for (let sent = 0; sent < total;) {
    const chunk: Buffer[] = [];
    for (let i = 0; i < 200 && sent < total; i++, sent++) chunk.push(lines[sent % lines.length]!, Buffer.from('\n'));
    if (!socket.write(Buffer.concat(chunk))) await once(socket, 'drain');
  }
  socket.end();
  await once(socket, 'close');
}

async function startSotp(batched: boolean): Promise<Receiver> {
  const [udp, tcp] = [freePort(), freePort()];
  const script = fileURLToPath(new URL('receiver.ts', import.meta.url));
  const child = spawn(process.execPath, [script, String(udp), String(tcp), batched ? 'batched' : 'dgram'], {
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
  readonly transport: string;
  /** CPU of a line that was received. */
  readonly us: number;
  readonly received: number;
}

async function measure(receiver: Receiver, transport: 'udp' | 'tcp'): Promise<Result> {
  const pid = receiver.process.pid!;
  const before = await receiver.received();
  const cpu = cpuOf(pid);
  await (transport === 'udp' ? sendUdp(receiver.udp) : sendTcp(receiver.tcp));
  await sleep(1_500);
  const used = cpuOf(pid) - cpu;
  const received = (await receiver.received()) - before;
  return { name: receiver.name, transport, us: (used * 1e6) / Math.max(1, received), received };
}

const results: Result[] = [];
for (const start of [
  () => startSotp(true),
  () => startSotp(false),
  () => startRsyslog(dir),
  () => startSyslogNg(dir),
]) {
  const receiver = await start();
  if (!receiver) continue;
  for (const transport of ['udp', 'tcp'] as const) {
    // Once to warm up, once to measure.
    await measure(receiver, transport);
    results.push(await measure(receiver, transport));
  }
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
for (const { name, transport, us, received } of results) {
  process.stdout.write(
    `${name.padEnd(18)} ${transport}  ${us.toFixed(2).padStart(6)} us CPU a line   ${received} of ${total} received\n`,
  );
}
process.stdout.write(`${JSON.stringify({ bench: 'logs/receive', lines: total, results, toRsyslog: ratios })}\n`);
if (ratios.udp > 1 || ratios.udpPlain > 2 || ratios.tcp > 1.2) process.exit(1);
