import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { AppError } from '#platform/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { kernelDrops } from './kernelDrops.ts';
import { createSlots } from './slots.ts';
import type { Slot, Slots } from './slots.ts';
import { createTcpCarrier } from './tcp.ts';
import type { SnmpTransport } from './transport.ts';
import { OCTETS_PER_ANSWER, grantedWindow } from './window.ts';

const MAX_WINDOW = 1024;

export interface DgramTransportDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Most requests in flight; fewer where the kernel grants a smaller receive buffer. */
  readonly window?: number;
}

/** What carries slots: a UDP socket of one address family, or all TCP connections. */
export interface SlotSocket {
  send(slot: Slot): void;
  /** Datagrams that the kernel dropped in front of it. */
  dropped(): number;
  close(): Promise<void>;
}

/** One UDP socket for IPv4 and, where the machine has IPv6, one for that; shared by all devices. */
export async function openDgramTransport({
  clock,
  log,
  random,
  window: wanted = MAX_WINDOW,
}: DgramTransportDeps): Promise<SnmpTransport> {
  const socket = await openSocket('udp4', wanted);
  const window = grantedWindow(wanted, socket.getRecvBufferSize(), log);
  const slots = createSlots({
    clock,
    random,
    window,
    send(slot) {
      const endpoint = slot.exchange?.endpoint;
      if (endpoint?.protocol === 'tcp') tcp.send(slot);
      else (endpoint?.family === 6 ? udp6 : udp4).send(slot);
    },
  });
  const tcp = createTcpCarrier(slots);
  const udp4 = carry(socket, slots, log);
  const udp6 = await openUdp6(wanted, slots, log);
  return {
    kind: 'dgram',
    window,
    counters: slots.counters,
    askKernel: () => (slots.counters.kernelDropped = udp4.dropped() + udp6.dropped()),
    exchange: (exchange) => slots.exchange(exchange),
    async close() {
      slots.close(new AppError('shutting_down', 'The SNMP collector is being closed.'));
      await Promise.all([udp4.close(), udp6.close(), tcp.close()]);
    },
  };
}

/** The socket for IPv6; on a machine without it, one that says so to whoever wants to send. */
export async function openUdp6(window: number, slots: Slots, log: Log): Promise<SlotSocket> {
  const socket = await openSocket('udp6', window).catch(() => null);
  if (socket) return carry(socket, slots, log);
  return {
    send: (slot) => slot.onSent(Object.assign(new Error('no IPv6'), { code: 'EAFNOSUPPORT' })),
    dropped: () => 0,
    close: async () => undefined,
  };
}

function carry(socket: Socket, slots: Slots, log: Log): SlotSocket {
  socket.on('message', (datagram, from) => slots.receive(datagram, from.address, from.port));
  socket.on('error', (error) => log.warn({ err: error }, 'SNMP socket error'));
  const { port, family } = socket.address();
  return {
    dropped: () => kernelDrops(port, family === 'IPv6' ? 6 : 4),
    send(slot) {
      const { exchange } = slot;
      if (!exchange) return;
      const { port: to, address } = exchange.endpoint;
      // Being called back costs a turn of the loop a request, for an error that hardly ever is.
      if (exchange.hasAnswered && slot.attempt === 0 && exchange.tries > 1) socket.send(slot.message, to, address);
      else socket.send(slot.message, to, address, slot.onSent);
    },
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
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
