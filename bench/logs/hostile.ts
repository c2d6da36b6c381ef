// Bar L3: 1,000 TCP and 200 TLS senders that drip a byte in ten seconds, 5,000 idle ones and 2,000 that come and go each
// second, beside honest senders by TCP and TLS: `node bench/logs/hostile.ts [seconds]`. The honest ones' p99 from sending
// to taking at most twice what it was (of 5 ms at least: below that it is the scheduler's), none of their lines lost, memory
// at most 100 MB more, and who drips is sent away. Exits with 1 when not.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { freePort } from './daemons.ts';
import { startGround, sumOf } from './ground.ts';

const seconds = Number(process.argv[2] ?? 40);
const FLOOR_MS = 2.5;
const dir = mkdtempSync(join(tmpdir(), 'sotp-hostile-'));
const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
execFileSync('openssl', [...request, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
const [tcp, tls] = [freePort(), freePort()];
const ground = await startGround({ host: '127.0.0.1', udp: 0, tcp, tls: { port: tls, cert, key }, connections: 8_000 });

const plain = createConnection(tcp, '127.0.0.1');
await once(plain, 'connect');
const secure = connectTls({ port: tls, host: '127.0.0.1', servername: 'localhost', ca: readFileSync(cert) });
await once(secure, 'secureConnect');
let sent = 0;

/** A line of each honest sender every five milliseconds, with the instant at which it was sent. */
async function sendFor(ms: number): Promise<number[]> {
  await ground.latencies();
  const write = (socket: Socket) => socket.write(`<14>1 - honest honest - - - ${process.hrtime.bigint()}\n`);
  for (const end = performance.now() + ms; performance.now() < end;) {
    write(plain);
    write(secure);
    sent += 2;
    await sleep(5);
  }
  await sleep(500);
  return ground.latencies();
}

const quantile = (sorted: readonly number[], q: number) => sorted[Math.floor(sorted.length * q)] ?? Number.NaN;
await sendFor(2_000);
const quiet = await sendFor(6_000);
const before = await ground.counters();
const script = fileURLToPath(new URL('attack.ts', import.meta.url));
const attack = spawn(process.execPath, [script, String(tcp), String(tls)], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
await once(attack, 'message');
const held = await ground.counters();
const besieged = await sendFor(seconds * 1000);
const during = await ground.counters();
const told = once(attack, 'message');
attack.send('stop');
const [connects] = (await told) as [number];
plain.end();
secure.end();
await sleep(500);
await ground.settled();
// Lines of drippers that were cut in the middle are lines too: only honest ones are counted here.
const honest = await ground.inStore('honest');
await ground.stop();
rmSync(dir, { recursive: true });

const mib = (bytes: number) => Number((bytes / 1024 / 1024).toFixed(1));
const [p99Quiet, p99Besieged] = [quantile(quiet, 0.99), quantile(besieged, 0.99)];
const closed = (reason: string) => sumOf(during, 'syslog_connections_closed_total', `reason="${reason}"`);
const result = {
  bench: 'logs/hostile',
  connectionsHeld: sumOf(held, 'syslog_connections'),
  connectsASecond: Math.round(connects / (seconds + 0.5)),
  p50QuietMs: Number(quantile(quiet, 0.5).toFixed(2)),
  p50BesiegedMs: Number(quantile(besieged, 0.5).toFixed(2)),
  p99QuietMs: Number(p99Quiet.toFixed(2)),
  p99BesiegedMs: Number(p99Besieged.toFixed(2)),
  sent,
  lost: sent - honest,
  rssBeforeMiB: mib(before['rssBytes']!),
  rssHeldMiB: mib(held['rssBytes']! - before['rssBytes']!),
  rssGrownMiB: mib(Math.max(held['rssBytes']!, during['rssBytes']!) - before['rssBytes']!),
  sentAwayFrame: closed('frame_timeout'),
  sentAwayTls: closed('tls'),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
const patient = seconds < 36 || (result.sentAwayFrame >= 1_000 && result.sentAwayTls >= 100);
const quick = p99Besieged <= 2 * Math.max(FLOOR_MS, p99Quiet);
process.exit(quick && result.lost === 0 && result.rssGrownMiB <= 100 && patient ? 0 : 1);
