import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { plainAddress } from './intake.ts';
import { createSlabs } from './slabs.ts';
import { RECEIVE_BUFFER_BYTES } from './udp-socket.ts';
import type { UdpSocket, UdpSocketDeps } from './udp-socket.ts';

/** Addresses kept as they are shown; more senders than that start anew. */
const SENDERS_MAX = 10_000;
/**
 * Datagrams are received singly, each as it comes, but read together, since what is read at once is read from warm caches:
 * so many at most, or those of so many milliseconds.
 */
const TOGETHER = 2_048;
const TOGETHER_MS = 25;

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
  const waiting: Buffer[] = [];
  const waitingFrom: string[] = [];
  let octets = 0;
  let timer: NodeJS.Timeout | undefined;
  /** The address that was heard last, and as it is shown. */
  let heard = '';
  let shown = '';

  function handOn(): void {
    clearTimeout(timer);
    if (waiting.length === 0) return;
    const piece = room(octets);
    let at = 0;
    for (const bytes of waiting) {
      piece.set(bytes, at);
      at += bytes.length;
    }
    at = 0;
    for (let i = 0; i < waiting.length; i++) onDatagram(piece, at, (at += waiting[i]!.length), waitingFrom[i]!);
    waiting.length = waitingFrom.length = octets = 0;
  }

  function senderOf(address: string): string {
    if (address === heard) return shown;
    let sender = senders.get(address);
    if (sender === undefined) {
      if (senders.size > SENDERS_MAX) senders.clear();
      senders.set(address, (sender = plainAddress(address)));
    }
    heard = address;
    return (shown = sender);
  }

  socket.on('error', (error) => log.warn({ err: error }, `receiving on UDP port ${port} failed`));
  socket.on('message', (bytes, { address }) => {
    if (waiting.length === 0) timer = setTimeout(handOn, TOGETHER_MS);
    waiting.push(bytes);
    waitingFrom.push(senderOf(address));
    octets += bytes.length;
    if (waiting.length >= TOGETHER) handOn();
  });
  return {
    async close() {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
      handOn();
    },
  };
}
