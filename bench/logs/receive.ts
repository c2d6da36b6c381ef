// CPU of receiving and reading lines, by UDP and TCP, beside rsyslog writing a file in the same run:
// `node bench/logs/receive.ts [lines]`. Needs rsyslogd (Debian: apt-get install rsyslog); without it only SOTP is measured.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createChance, makeLine } from './lines.ts';

const total = Number(process.argv[2] ?? 200_000);
const dir = mkdtempSync(join(tmpdir(), 'sotp-logs-bench-'));
const chance = createChance();
const now = Date.now();
const lines = Array.from({ length: 20_000 }, () => Buffer.from(makeLine(chance, now)));
const freePort = () => 20_000 + Math.floor(Math.random() * 20_000);

/** CPU seconds of a process, all threads. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** As fast as 40,000 a second: so that neither side loses much and both are asked the same. */
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

interface Receiver {
  readonly name: string;
  readonly process: ChildProcess;
  readonly udp: number;
  readonly tcp: number;
  /** Lines that it has received so far. */
  received(): Promise<number>;
}

async function startSotp(): Promise<Receiver> {
  const [udp, tcp] = [freePort(), freePort()];
  const script = fileURLToPath(new URL('receiver.ts', import.meta.url));
  const child = spawn(process.execPath, [script, String(udp), String(tcp)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    name: 'SOTP',
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

async function startRsyslog(): Promise<Receiver | undefined> {
  if (!existsSync('/usr/sbin/rsyslogd')) return undefined;
  const [udp, tcp] = [freePort(), freePort()];
  const file = join(dir, 'rsyslog.out');
  writeFileSync(file, '');
  writeFileSync(
    join(dir, 'rsyslog.conf'),
    `global(workDirectory="${dir}")
module(load="imudp")
module(load="imtcp")
template(name="line" type="string" string="%timereported:::date-rfc3339% %hostname% %syslogtag%%msg%\\n")
ruleset(name="all") { action(type="omfile" file="${file}" template="line" asyncWriting="off" ioBufferSize="64k" flushOnTXEnd="off") }
input(type="imudp" address="127.0.0.1" port="${udp}" ruleset="all" rcvbufSize="4m")
input(type="imtcp" address="127.0.0.1" port="${tcp}" ruleset="all")
`,
  );
  const child = spawn('/usr/sbin/rsyslogd', ['-n', '-f', join(dir, 'rsyslog.conf'), '-i', join(dir, 'pid')], {
    stdio: 'inherit',
  });
  await sleep(1_500);
  return { name: 'rsyslog', process: child, udp, tcp, received: async () => statSync(file).size };
}

const results: { name: string; transport: string; us: number; kept: string }[] = [];
for (const start of [startSotp, startRsyslog]) {
  const receiver = await start();
  if (!receiver) continue;
  const pid = receiver.process.pid!;
  for (const transport of ['udp', 'tcp'] as const) {
    // Once to warm up, once to measure.
    for (const measured of [false, true]) {
      const before = await receiver.received();
      const cpu = cpuOf(pid);
      await (transport === 'udp' ? sendUdp(receiver.udp) : sendTcp(receiver.tcp));
      await sleep(1_000);
      const used = cpuOf(pid) - cpu;
      const got = (await receiver.received()) - before;
      if (!measured) continue;
      const kept = receiver.name === 'SOTP' ? `${got} of ${total} lines` : `${Math.round(got / 1024)} KiB written`;
      results.push({ name: receiver.name, transport, us: (used * 1e6) / total, kept });
    }
  }
  receiver.process.kill();
  await once(receiver.process, 'exit');
}
for (const { name, transport, us, kept } of results) {
  process.stdout.write(`${name.padEnd(10)} ${transport}  ${us.toFixed(2).padStart(6)} us CPU a line   ${kept}\n`);
}
process.stdout.write(`${JSON.stringify({ bench: 'logs/receive', lines: total, results })}\n`);
