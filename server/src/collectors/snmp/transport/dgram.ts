import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { AppError } from '#platform/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { createSlots } from './slots.ts';
import type { Slot } from './slots.ts';
import type { SnmpTransport } from './transport.ts';

/** What an answer of 1,472 octets costs in the kernel's receive buffer, with its bookkeeping. */
const OCTETS_PER_ANSWER = 3072;
const MIN_WINDOW = 64;
const MAX_WINDOW = 1024;

export interface DgramTransportDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Most requests in flight; fewer where the kernel grants a smaller receive buffer. */
  readonly window?: number;
}

/** One UDP socket for IPv4 and, where the machine has IPv6, one for that; shared by all devices. */
export async function openDgramTransport({
  clock,
  log,
  random,
  window: wanted = MAX_WINDOW,
}: DgramTransportDeps): Promise<SnmpTransport> {
  const udp4 = await openSocket('udp4', wanted);
  const udp6 = await openSocket('udp6', wanted).catch(() => null);
  const granted = Math.floor(udp4.getRecvBufferSize() / OCTETS_PER_ANSWER);
  const window = Math.max(MIN_WINDOW, Math.min(wanted, granted));
  if (window < Math.min(wanted, 256)) {
    log.warn(
      { window, receiveBufferOctets: udp4.getRecvBufferSize() },
      'SNMP: the kernel grants a small receive buffer, so fewer requests are in flight; raise net.core.rmem_max to 4194304',
    );
  }
  const slots = createSlots({ clock, random, window, send });

  function send(slot: Slot): void {
    const endpoint = slot.exchange?.endpoint;
    const socket = endpoint?.family === 6 ? udp6 : udp4;
    if (!endpoint) return;
    if (!socket) slot.onSent(Object.assign(new Error('no IPv6'), { code: 'EAFNOSUPPORT' }));
    else socket.send(slot.message, 0, slot.message.length, endpoint.port, endpoint.address, slot.onSent);
  }

  for (const socket of [udp4, udp6]) {
    socket?.on('message', (datagram, from) => slots.receive(datagram, from.address, from.port));
    socket?.on('error', (error) => log.warn({ err: error }, 'SNMP socket error'));
  }
  return {
    kind: 'dgram',
    window,
    counters: slots.counters,
    exchange: (exchange) => slots.exchange(exchange),
    async close() {
      slots.close(new AppError('shutting_down', 'The SNMP collector is being closed.'));
      await Promise.all([udp4, udp6].map((socket) => socket && closeSocket(socket)));
    },
  };
}

async function openSocket(type: 'udp4' | 'udp6', window: number): Promise<Socket> {
  const socket = createSocket({
    type,
    ipv6Only: type === 'udp6',
    recvBufferSize: window * OCTETS_PER_ANSWER,
    // Addresses are numeric: asking the resolver would cost a turn of the loop per request.
    lookup: (address, _options, callback) => callback(null, address, type === 'udp4' ? 4 : 6),
  });
  try {
    // The resolver answers at once, so the socket may be bound before `bind` returns.
    const listening = once(socket, 'listening');
    socket.bind({ port: 0, address: type === 'udp4' ? '0.0.0.0' : '::' });
    await listening;
  } catch (cause) {
    socket.close();
    throw cause;
  }
  return socket;
}

async function closeSocket(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}
