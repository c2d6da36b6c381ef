// Sends lines at a rate: `node bench/logs/sender.ts udp|tcp port linesPerSecond seconds`. UDP by sendmmsg, so that it is
// not the sender that is measured; TCP as fast as the rate and the receiver allow.
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import { createChance, makeLine } from './lines.ts';

const [kind, port = 0, rate = 0, seconds = 0] = process.argv.slice(2).map((arg, i) => (i === 0 ? arg : Number(arg)));
const total = Number(rate) * Number(seconds);
const chance = createChance(7);
const lines = Array.from({ length: 8_192 }, () => Buffer.from(makeLine(chance, Date.now())));
const BATCH = 32;

/** Sends by batches of 32 datagrams; answers what the kernel took. */
function openUdp(): (count: number) => number {
  const libc = koffi.load(null);
  const fd = Number(libc.func('int socket(int, int, int)')(2, 2, 0));
  const address = new Uint8Array(16);
  address[0] = 2;
  new DataView(address.buffer).setUint16(2, Number(port));
  address.set([127, 0, 0, 1], 4);
  libc.func('int connect(int, void*, uint32_t)')(fd, address, 16);
  const sendmmsg = libc.func('int sendmmsg(int, void*, uint32_t, int)');
  const octets = Buffer.concat(lines);
  const rows: { headers: Uint8Array; vectors: Uint8Array }[] = [];
  let at = koffi.address(octets);
  for (let first = 0; first < lines.length; first += BATCH) {
    const [headers, vectors] = [new Uint8Array(BATCH * 64), new Uint8Array(BATCH * 16)];
    const [header, vector] = [new DataView(headers.buffer), new DataView(vectors.buffer)];
    const base = koffi.address(vectors);
    for (let i = 0; i < BATCH; i++) {
      const { length } = lines[first + i]!;
      vector.setBigUint64(i * 16, at, true);
      vector.setBigUint64(i * 16 + 8, BigInt(length), true);
      at += BigInt(length);
      header.setBigUint64(i * 64 + 16, base + BigInt(i * 16), true);
      header.setBigUint64(i * 64 + 24, 1n, true);
    }
    rows.push({ headers, vectors });
  }
  let next = 0;
  return (count) => {
    // The octets are looked at here, so that they live as long as the kernel is told where they are.
    if (octets.length === 0) return 0;
    return Math.max(0, Number(sendmmsg(fd, rows[next++ % rows.length]!.headers, Math.min(BATCH, count), 0)));
  };
}

const begun = performance.now();
const due = () => Math.min(total, Math.ceil(((performance.now() - begun) / 1000) * Number(rate)));
let sent = 0;
if (kind === 'udp') {
  const push = openUdp();
  while (sent < total) {
    for (let most = due(); sent < most;) sent += push(most - sent);
    await sleep(1);
  }
} else {
  const socket = createConnection(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  const chunks = Array.from({ length: lines.length / BATCH }, (_, i) =>
    Buffer.concat(lines.slice(i * BATCH, (i + 1) * BATCH).flatMap((line) => [line, Buffer.from('\n')])),
  );
  for (let next = 0; sent < total;) {
    for (const most = due(); sent < most; sent += BATCH) {
      if (!socket.write(chunks[next++ % chunks.length]!)) await once(socket, 'drain');
    }
    await sleep(1);
  }
  socket.end();
  await once(socket, 'close');
}
process.send?.({ sent, seconds: (performance.now() - begun) / 1000 });
