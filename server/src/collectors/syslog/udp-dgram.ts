import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { plainAddress } from './intake.ts';
import { createSlabs } from './slabs.ts';
import { RECEIVE_BUFFER_BYTES } from './udp-socket.ts';
import type { UdpSocket, UdpSocketDeps } from './udp-socket.ts';

/** Addresses kept as they are shown; more senders than that start anew. */
const SENDERS_MAX = 10_000;
/** So many datagrams are handed on together at most: they are received singly, but read as one piece. */
const TOGETHER = 64;

/** A socket of Node's own: works everywhere, at one system call and one event a datagram. */
export async function openDgramUdp({ host, port, onDatagram, log }: UdpSocketDeps): Promise<UdpSocket> {
  const socket = createSocket({ type: isIPv4(host) ? 'udp4' : 'udp6', reusePort: process.platform === 'linux' });
  try {
    socket.bind(port, host);
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch (error) {
    log.debug({ err: error }, 'the receive buffer for syslog stays small');
  }
  const senders = new Map<string, string>();
  const room = createSlabs();
  let waiting: { readonly bytes: Buffer; readonly sender: string }[] = [];
  let octets = 0;

  function handOn(): void {
    const together = waiting;
    const piece = room(octets);
    waiting = [];
    octets = 0;
    let at = 0;
    for (const { bytes } of together) {
      piece.set(bytes, at);
      at += bytes.length;
    }
    at = 0;
    for (const { bytes, sender } of together) onDatagram(piece, at, (at += bytes.length), sender);
  }

  socket.on('error', (error) => log.warn({ err: error }, `receiving on UDP port ${port} failed`));
  socket.on('message', (bytes, { address }) => {
    let sender = senders.get(address);
    if (sender === undefined) {
      if (senders.size > SENDERS_MAX) senders.clear();
      senders.set(address, (sender = plainAddress(address)));
    }
    // Those that came with it are received before anything that was put off like this.
    if (waiting.length === 0) setImmediate(() => waiting.length > 0 && handOn());
    waiting.push({ bytes, sender });
    octets += bytes.length;
    if (waiting.length >= TOGETHER) handOn();
  });
  return {
    async close() {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
      if (waiting.length > 0) handOn();
    },
  };
}
