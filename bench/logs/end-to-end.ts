// Lines a second through a whole SOTP, from the socket into PostgreSQL, with every one accounted for:
// node bench/logs/end-to-end.ts [tcp|udp] [lines/s] [seconds] [postgres|loki] [outage seconds]. `tcp` with 0 lines/s sends as
// fast as it is taken. With Loki (SOTP_TEST_LOKI_BINARY) and an outage, Loki is killed a third into sending and started
// again so much later. Exits 1 unless sent = stored + counted as dropped, what search finds is what was stored, and, where
// more was wanted, 30,000 lines a second were; with Loki also unless each stream came to it oldest first.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, postmasterPid, runSotp } from '../../server/src/app/testing/run-sotp.ts';
import { oneRate, startTestLoki } from '../../server/src/stores/logs/loki/testing.ts';
import { clientCpu, familyCpu } from '../store/cpu.ts';
import { freePort } from './daemons.ts';
import { createChance, makeLine } from './lines.ts';
import { startLokiWitness } from './loki-witness.ts';

const transport = process.argv[2] === 'udp' ? 'udp' : 'tcp';
const rate = Number(process.argv[3] ?? 36_000);
const seconds = Number(process.argv[4] ?? 20);
const loki = process.argv[5] === 'loki' ? await startTestLoki(oneRate(64)) : undefined;
const witness = loki && (await startLokiWitness(loki.settings.url));
const outageMs = Number(process.argv[6] ?? 0) * 1_000;
const BAR = 30_000;
const PATIENCE_MS = 60_000;
const PASSWORD = 'a long enough passphrase';
const dir = mkdtempSync(path.join(tmpdir(), 'sotp-bench-e2e-'));
const [port, syslog] = [freePort(), freePort()];
const sotp = runSotp(['start', '--port', String(port), '--data-dir', dir], {
  SOTP_ADMIN_PASSWORD: PASSWORD,
  SOTP_SYSLOG_UDP: String(syslog),
  SOTP_SYSLOG_TCP: String(syslog),
  SOTP_LOG_LEVEL: 'warn',
  ...(loki && { SOTP_LOGS: 'loki', SOTP_LOKI_URL: witness?.url ?? '', SOTP_LOKI_TENANT: loki.settings.tenant ?? '' }),
});
await sotp.ready;
const origin = `http://127.0.0.1:${port}`;
process.on('exit', () => sotp.kill('SIGTERM'));

/** Asks again while SOTP says that it, or what it stands on, is too busy or away. */
async function ask(path: string, init: RequestInit): Promise<Response> {
  for (const until = performance.now() + PATIENCE_MS; ; await sleep(250)) {
    const response = await fetch(origin + path, init);
    if (response.ok) return response;
    const why = `${path}: status ${response.status}: ${await response.text()}`;
    if (response.status !== 503 || performance.now() > until) throw new Error(why);
  }
}

const login = await ask('/api/v1/auth/login', {
  method: 'POST',
  headers: { 'content-type': 'application/json', origin },
  body: JSON.stringify({ username: 'admin', password: PASSWORD }),
});
const cookie = String(login.headers.get('set-cookie')).split(';')[0] ?? '';
const get = (path: string) => ask(path, { headers: { cookie } });

/** The sum of a counter over its labels and all processes. */
async function counter(name: string): Promise<number> {
  const text = await (await get('/metrics')).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`sotp_${name}{`) || line.startsWith(`sotp_${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

const collectors = childrenOf(sotp.pid)
  .filter(({ commandLine }) => commandLine.includes('collector'))
  .map(({ pid }) => pid);
const postmaster = postmasterPid(dir) ?? 0;
const cpuNow = () => ({
  collectors: collectors.reduce((sum, pid) => sum + familyCpu(pid), 0),
  database: familyCpu(postmaster),
  loki: loki?.pid ? familyCpu(loki.pid) : 0,
  sender: clientCpu(),
  at: performance.now(),
});

const chance = createChance();
const lines = Array.from({ length: 40_000 }, () => Buffer.from(`${makeLine(chance, Date.now())}\n`));
let sent = 0;

async function sendTcp(): Promise<void> {
  // Several senders, so that the kernel gives each collector process some.
  const sockets = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const socket = createConnection(syslog, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    }),
  );
  const begun = performance.now();
  const end = begun + seconds * 1_000;
  await Promise.all(
    sockets.map(async (socket, which) => {
      for (let own = which * 777; performance.now() < end;) {
        const due = rate === 0 ? Number.POSITIVE_INFINITY : ((performance.now() - begun) / 1000) * rate;
        if (sent >= due) {
          await sleep(2);
          continue;
        }
        const batch = Array.from({ length: 50 }, () => lines[own++ % lines.length]!);
        sent += batch.length;
        if (!socket.write(Buffer.concat(batch))) await once(socket, 'drain');
      }
      socket.end();
      await once(socket, 'close');
    }),
  );
}

async function sendUdp(): Promise<void> {
  const sockets = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const socket = createSocket('udp4');
      socket.connect(syslog, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    }),
  );
  const begun = performance.now();
  for (let now = 0; (now = performance.now() - begun) < seconds * 1_000;) {
    const due = Math.floor((now / 1000) * rate);
    for (; sent < due; sent++) sockets[sent % sockets.length]!.send(lines[sent % lines.length]!.subarray(0, -1));
    await sleep(1);
  }
  await sleep(500);
  for (const socket of sockets) socket.close();
}

async function outage(): Promise<void> {
  if (!loki || outageMs === 0) return;
  await sleep((seconds * 1_000) / 3);
  loki.kill();
  await sleep(outageMs);
  await loki.start();
}

const before = cpuNow();
const broken = outage();
await (transport === 'udp' ? sendUdp() : sendTcp());
const sending = (performance.now() - before.at) / 1_000;
await broken;
const backAt = performance.now();
const waited = witness ? sent - witness.lines : 0;
let stored = 0;
let dropped = 0;
let received = 0;
/** Lines that search knows of. */
async function findAll(): Promise<number> {
  const answer = await get('/api/v1/logs/histogram?from=now-1h&to=now&step=1h');
  const { steps } = (await answer.json()) as { steps: { counts: number[] }[] };
  return steps.reduce((sum, { counts }) => sum + counts.reduce((a, b) => a + b, 0), 0);
}
/** What is stored by now: counters lag some seconds behind. */
const storedNow = async () => witness?.lines ?? (await findAll());
for (const until = performance.now() + PATIENCE_MS + 3 * outageMs; performance.now() < until; await sleep(100)) {
  const now = await storedNow();
  if (now >= sent || now + dropped >= sent) break;
  if (!witness) dropped = await counter('syslog_dropped_total');
}
const after = cpuNow();
const storing = (after.at - before.at) / 1_000;
for (let tries = 0; tries < 80 && stored + dropped < sent; tries++) {
  await sleep(250);
  [stored, dropped, received] = [
    await counter('syslog_stored_total'),
    await counter('syslog_dropped_total'),
    await counter('syslog_received_total'),
  ];
}
let found = await findAll();
// A Loki that was away finds some lines when it has read what it flushed.
for (let tries = 0; outageMs > 0 && found < stored && tries < 120; tries++) {
  await sleep(1_000);
  found = await findAll();
}
const us = (part: 'collectors' | 'database' | 'loki' | 'sender') =>
  Math.round(((after[part] - before[part]) * 1e7) / sent) / 10;
const report = {
  bench: `logs/end-to-end ${transport}${loki ? ' loki' : ''}`,
  wanted: rate,
  seconds: Math.round(sending * 10) / 10,
  sent,
  received,
  stored,
  dropped,
  unaccounted: sent - stored - dropped,
  found,
  sentPerSecond: Math.round(sent / sending),
  storedPerSecond: Math.round(stored / storing),
  collectorUsALine: us('collectors'),
  databaseUsALine: us('database'),
  senderUsALine: us('sender'),
  ...(loki && { lokiUsALine: us('loki'), outageMs, drainedMs: Math.round(after.at - backAt) }),
  ...(witness && { waitedForLoki: waited, pushes: witness.pushes, outOfOrder: witness.outOfOrder }),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
sotp.kill('SIGTERM');
await sotp.ended;
rmSync(dir, { recursive: true, force: true });
await witness?.close();
loki?.close();
const inOrder = !witness || witness.outOfOrder === 0;
const fast = rate <= BAR || loki !== undefined || report.storedPerSecond >= BAR;
process.exit(report.unaccounted === 0 && found === stored && inOrder && fast ? 0 : 1);
