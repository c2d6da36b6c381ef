import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import type { Listener, ListenerDeps } from '#collectors/listener.ts';
import { createIntake, plainAddress } from './intake.ts';
import { heldByStranger, kernelDrops } from './kernel-sockets.ts';
import { listenFault } from './listen-fault.ts';
import { createRateLimit } from './rate-limit.ts';
import type { SyslogSettings } from './settings.ts';
import { createTally, tallyMetrics } from './tally.ts';

/** Half a second of 50,000 lines a second; the kernel gives what net.core.rmem_max allows. */
const RECEIVE_BUFFER_BYTES = 16 * 1024 * 1024;

/** Syslog over UDP (RFC 5426): a datagram is a line. Several processes share the port. */
export function createUdpListener(settings: SyslogSettings, deps: ListenerDeps): Listener {
  const { udp: port, host } = settings;
  const where = `UDP port ${port}`;
  const tally = createTally();
  const intake = createIntake({ ...deps, tally });
  const within = createRateLimit(settings.linesPerSecond, deps.clock);
  const senders = new Map<string, string>();
  let socket: Socket | undefined;
  let dropsBefore = 0;

  function senderOf(address: string): string {
    let plain = senders.get(address);
    if (plain === undefined) {
      if (senders.size > 10_000) senders.clear();
      senders.set(address, (plain = plainAddress(address)));
    }
    return plain;
  }

  async function bind(address: string): Promise<Socket> {
    const opened = createSocket({ type: isIPv4(address) ? 'udp4' : 'udp6', reusePort: process.platform === 'linux' });
    try {
      opened.bind(port, address);
      await once(opened, 'listening');
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  return {
    name: 'syslog-udp',
    where,
    async open() {
      if (heldByStranger('udp', port)) throw listenFault(where, 'EADDRINUSE');
      try {
        // A machine without IPv6 cannot listen on `::`.
        socket = await bind(host).catch((error: unknown) => {
          if (host === '::' && (error as NodeJS.ErrnoException).code === 'EAFNOSUPPORT') return bind('0.0.0.0');
          throw error;
        });
      } catch (error) {
        throw listenFault(where, error);
      }
      dropsBefore = tally.dropped.kernel;
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      } catch (error) {
        deps.log.debug({ err: error }, 'the receive buffer for syslog stays small');
      }
      socket.on('error', (error) => deps.log.warn({ err: error }, `receiving on ${where} failed`));
      socket.on('message', (bytes, { address }) => {
        const sender = senderOf(address);
        if (within(sender)) {
          intake(bytes, sender, false);
          return;
        }
        tally.received++;
        tally.bytes += bytes.length;
        tally.dropped.source_limit++;
      });
    },
    async close() {
      if (!socket) return;
      const closing = socket;
      socket = undefined;
      await new Promise<void>((resolve) => closing.close(() => resolve()));
    },
    metrics() {
      if (socket) tally.dropped.kernel = dropsBefore + kernelDrops(port);
      return tallyMetrics('udp', tally);
    },
  };
}
