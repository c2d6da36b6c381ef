// The attackers of hostile.ts: senders that drip, that are idle, and that come and go. Each from an address of its own.
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';

const [tcp = 0, tls = 0, storm = 2_000] = process.argv.slice(2).map(Number);
const DRIP_MS = 10_000;
let connects = 0;

const addressOf = (n: number) => `127.27.${n % 200}.${1 + (Math.floor(n / 200) % 250)}`;

function open(port: number, n: number): Socket {
  const socket = createConnection({ port, host: '127.0.0.1', localAddress: addressOf(n) });
  socket.on('error', () => undefined);
  return socket;
}

/** A byte now and then, for ever: a line, or a greeting, that never comes to its end. */
function drip(socket: Socket, bytes: Buffer): void {
  let at = 0;
  const next = () => socket.write(bytes.subarray(at % bytes.length, (at++ % bytes.length) + 1));
  next();
  const timer = setInterval(next, DRIP_MS + Math.random() * 1_000);
  socket.on('close', () => clearInterval(timer));
}

const LINE = Buffer.from('<13>Nov 23 10:00:00 slow app: ');
const HELLO = Buffer.from('16030100c8010000c40303', 'hex');
for (let n = 0; n < 5_000; n++) {
  await once(open(tcp, n), 'connect');
}
for (let n = 0; n < 1_000; n++) {
  const socket = open(tcp, 5_000 + n);
  await once(socket, 'connect');
  drip(socket, LINE);
}
for (let n = 0; n < 200; n++) {
  const socket = open(tls, 6_000 + n);
  await once(socket, 'connect');
  if (n % 2 === 0) {
    drip(socket, HELLO);
    continue;
  }
  const secure = connectTls({ socket, rejectUnauthorized: false }).on('error', () => undefined);
  await once(secure, 'secureConnect');
  drip(secure, LINE);
}
process.send?.('ready');

const begun = performance.now();
process.on('message', () => {
  process.send?.(connects);
  process.exit(0);
});
for (let n = 10_000; ;) {
  const due = ((performance.now() - begun) / 1000) * storm;
  for (; connects < due; connects++, n++) {
    const socket = open(tcp, n);
    socket.on('connect', () => socket.destroy());
  }
  await sleep(2);
}
