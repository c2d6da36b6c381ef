// Live tails of a whole SOTP. node bench/logs/live.ts tail [lines/s] [seconds]: one who follows all lines, and how old
// they are when they come. node bench/logs/live.ts w1 [seconds] [lines/s]: 100 clients that read, 100 that never do, and
// three that misbehave (a 10 MiB frame, 100,000 fragments, a flood of pings). Exits 1 above the bars.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { childrenOf, runSotp } from '../../server/src/app/testing/run-sotp.ts';
import { freePort } from './daemons.ts';
import type { LiveOrder, LiveReport } from './live-client.ts';

const mode = process.argv[2] === 'w1' ? 'w1' : 'tail';
const seconds = Number(process.argv[mode === 'w1' ? 3 : 4] ?? (mode === 'w1' ? 300 : 30));
const rate = Number(process.argv[mode === 'w1' ? 4 : 3] ?? (mode === 'w1' ? 1_000 : 5_000));
const CLIENTS = 100;
/** Processes that the honest clients are spread over. */
const CLIENT_PROCESSES = 4;
const PASSWORD = 'a long enough passphrase';

const dir = mkdtempSync(path.join(tmpdir(), 'sotp-bench-live-'));
const [port, udp] = [freePort(), freePort()];
const sotp = runSotp(['start', '--port', String(port), '--data-dir', dir], {
  SOTP_ADMIN_PASSWORD: PASSWORD,
  SOTP_SYSLOG_UDP: String(udp),
  SOTP_SYSLOG_TCP: '0',
  SOTP_LOG_LEVEL: 'warn',
  ...(process.env['SOTP_BENCH_REDIS_URL'] && { SOTP_REDIS_URL: process.env['SOTP_BENCH_REDIS_URL'] }),
});
await sotp.ready;
const origin = `http://127.0.0.1:${port}`;
const api = `${origin}/api/v1`;

async function signIn(username: string): Promise<string> {
  const response = await fetch(`${api}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin, connection: 'close' },
    body: JSON.stringify({ username, password: PASSWORD }),
  });
  if (!response.ok) throw new Error(`sign-in of ${username}: ${await response.text()}`);
  return String(response.headers.get('set-cookie')).split(';')[0] ?? '';
}

/** Cookies of several users: one alone may not have so many connections. */
async function cookies(count: number): Promise<string[]> {
  const admin = await signIn('admin');
  const all = [admin];
  for (let i = 1; i < count; i++) {
    const response = await fetch(`${api}/users`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin, cookie: admin, connection: 'close' },
      body: JSON.stringify({ username: `reader${i}`, password: PASSWORD, role: 'viewer' }),
    });
    if (!response.ok) throw new Error(await response.text());
    all.push(await signIn(`reader${i}`));
  }
  return all;
}

async function connect(cookie: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/stream`, { headers: { cookie, origin } });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return socket;
}

async function tell(child: ChildProcess, order: LiveOrder): Promise<LiveReport> {
  child.send(order);
  const [report] = (await once(child, 'message')) as [LiveReport];
  return report;
}

/** A process with a client for each cookie. */
async function clients(cookies: readonly string[], stalled = false): Promise<ChildProcess> {
  const child = fork(new URL('live-client.ts', import.meta.url));
  await tell(child, { kind: 'open', url: `ws://127.0.0.1:${port}/api/v1/stream`, origin, cookies, stalled });
  return child;
}

/** Ages of lines in ms, as counts. */
const ages = new Float64Array(60_001);
let came = 0;
let gaps = 0;
/** Sums up what honest clients have heard; answers how many are still connected. */
async function collect(children: readonly ChildProcess[]): Promise<number> {
  let alive = 0;
  for (const child of children) {
    const report = await tell(child, { kind: 'report' });
    for (const [age, count] of report.ages) {
      ages[Math.min(60_000, age)]! += count;
      came += count;
    }
    gaps += report.gaps;
    alive += report.alive;
    child.kill();
  }
  return alive;
}
function quantile(q: number): number {
  let left = came * q;
  for (let ms = 0; ms <= 60_000; ms++) {
    left -= ages[ms]!;
    if (left <= 0) return ms;
  }
  return 60_000;
}

const sender = createSocket('udp4');
sender.connect(udp, '127.0.0.1');
await once(sender, 'connect');
let sent = 0;
async function send(forMs: number): Promise<void> {
  const begun = performance.now();
  let own = 0;
  for (let now = 0; (now = performance.now() - begun) < forMs;) {
    const due = Math.floor((now / 1000) * rate);
    for (; own < due; own++) {
      sent++;
      sender.send(
        `<189>Nov 23 10:00:00 sw-${own % 20} app[1]: Line protocol on Interface Gi1/0/${own % 48} sent=${Date.now()} n=${own}`,
      );
    }
    await sleep(2);
  }
}

function resident(title: string): number {
  const found = childrenOf(sotp.pid).filter(({ commandLine }) => commandLine.includes(title));
  const pages = found.map(({ pid }) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
  );
  return Math.round(pages.reduce((sum, kib) => sum + kib, 0) / 1024);
}

let bars = true;
const report: Record<string, unknown> = { bench: `logs/live ${mode}`, linesPerSecond: rate, seconds };
if (mode === 'tail') {
  const reader = await clients([await signIn('admin')]);
  await tell(reader, { kind: 'follow' });
  await sleep(1_000);
  // What a start leaves to do is done, and what it held up is through.
  await send(10_000);
  await sleep(4_000);
  await send(2_000);
  await tell(reader, { kind: 'measure' });
  const before = sent;
  await send(seconds * 1_000);
  await sleep(1_000);
  await collect([reader]);
  Object.assign(report, { sent: sent - before, came, gaps });
  bars = quantile(0.99) <= 500;
} else {
  const keys = await cookies(6);
  const cookiesOf = (count: number) => Array.from({ length: count }, (_, i) => keys[i % keys.length]!);
  const honest = await Promise.all(
    Array.from({ length: CLIENT_PROCESSES }, () => clients(cookiesOf(CLIENTS / CLIENT_PROCESSES))),
  );
  const stalled = await clients(cookiesOf(CLIENTS), true);
  for (const child of honest) await tell(child, { kind: 'follow' });
  await send(5_000);
  const rssBefore = resident('sotp hub');
  let rssMost = rssBefore;
  const watching = setInterval(() => (rssMost = Math.max(rssMost, resident('sotp hub'))), 1_000);
  await tell(stalled, { kind: 'follow' });
  const stalledAt = performance.now();
  let closedAfterS = Number.NaN;
  const counting = setInterval(() => {
    if (Number.isNaN(closedAfterS) && serverSockets() <= CLIENTS) closedAfterS = (performance.now() - stalledAt) / 1000;
  }, 250);
  for (const child of honest) await tell(child, { kind: 'measure' });
  const begun = sent;
  const sending = send(seconds * 1_000);
  const bad = await Promise.all([0, 1, 2].map(() => connect(keys[5]!)));
  const badClosed = bad.map((socket) => once(socket, 'close').then(([code]) => Number(code)));
  bad[0]!.send(Buffer.alloc(10 * 1024 * 1024, 97));
  for (let i = 0; i < 100_000 && bad[1]!.readyState === WebSocket.OPEN; i++) {
    bad[1]!.send('a', { fin: false });
    if (i % 1_000 === 0) await sleep(1);
  }
  for (let i = 0; i < 100_000 && bad[2]!.readyState === WebSocket.OPEN; i++) {
    bad[2]!.ping();
    if (i % 1_000 === 0) await sleep(1);
  }
  const badCodes = await Promise.race([Promise.all(badClosed), sleep(20_000).then(() => 'open still')]);
  await sending;
  await sleep(1_000);
  clearInterval(watching);
  clearInterval(counting);
  // A paused socket does not see its own end: the other side tells how many it still holds.
  const held = serverSockets();
  const alive = await collect(honest);
  stalled.kill();
  Object.assign(report, {
    sent: sent - begun,
    came,
    perClient: Math.round(came / CLIENTS),
    gaps,
    honestAlive: alive,
    held,
    stalledClosedAfterS: Math.round(closedAfterS * 10) / 10,
    badCodes,
    rssMiB: [rssBefore, rssMost],
  });
  bars = quantile(0.99) <= 250 && rssMost - rssBefore <= 150 && alive === CLIENTS && closedAfterS <= 30;
}

/** Established connections to our port, as the kernel has them on the hub's side. */
function serverSockets(): number {
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return lines.filter((line) => line.trim().split(/\s+/)[1]?.endsWith(local) && line.trim().split(/\s+/)[3] === '01')
    .length;
}

const p99 = quantile(0.99);
Object.assign(report, { p50: quantile(0.5), p99, max: quantile(1), pass: bars });
process.stdout.write(`${JSON.stringify(report)}\n`);
sotp.kill('SIGTERM');
await sotp.ended;
rmSync(dir, { recursive: true, force: true });
process.exit(bars ? 0 : 1);
