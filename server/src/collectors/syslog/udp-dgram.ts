import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { plainAddress } from './intake.ts';
import { RECEIVE_BUFFER_BYTES } from './udp-socket.ts';
import type { UdpSocket, UdpSocketDeps } from './udp-socket.ts';

/** Addresses kept as they are shown; more senders than that start anew. */
const SENDERS_MAX = 10_000;

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
  socket.on('error', (error) => log.warn({ err: error }, `receiving on UDP port ${port} failed`));
  socket.on('message', (bytes, { address }) => {
    let sender = senders.get(address);
    if (sender === undefined) {
      if (senders.size > SENDERS_MAX) senders.clear();
      senders.set(address, (sender = plainAddress(address)));
    }
    onDatagram(bytes, 0, bytes.length, sender);
  });
  return {
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
