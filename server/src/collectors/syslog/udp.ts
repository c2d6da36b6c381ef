import type { Listener, ListenerDeps } from '#collectors/listener.ts';
import type { Endpoint } from './endpoint.ts';
import { createIntake } from './intake.ts';
import { heldByStranger, kernelDrops } from '#platform/kernel-sockets.ts';
import { listenFault } from './listen-fault.ts';
import { createRateLimit } from './rate-limit.ts';
import type { SyslogSettings } from './settings.ts';
import { createTally, tallyMetrics } from './tally.ts';
import { openDgramUdp } from './udp-dgram.ts';
import { canBatch } from './udp-socket.ts';
import type { UdpSocket, UdpSocketDeps } from './udp-socket.ts';

/** Syslog over UDP (RFC 5426): a datagram is a line. Several processes share the port. */
export function createUdpListener(
  endpoint: Endpoint,
  settings: Pick<SyslogSettings, 'linesPerSecond'>,
  deps: ListenerDeps,
  batched = canBatch(),
): Listener {
  const { host, port, where } = endpoint;
  const { clock, log } = deps;
  const tally = createTally();
  const intake = createIntake({ ...deps, tally });
  const within = createRateLimit(settings.linesPerSecond);
  let socket: UdpSocket | undefined;
  let dropsBefore = 0;

  /** What came together, and when that was: to look at the clock costs more than to look at a line. */
  let together: Buffer | undefined;
  let now = 0;

  function onDatagram(bytes: Buffer, start: number, end: number, sender: string): void {
    if (bytes !== together) {
      together = bytes;
      now = clock.monotonic();
    }
    if (within(sender, now)) {
      intake(bytes, start, end, sender, false);
      return;
    }
    tally.received++;
    tally.bytes += end - start;
    tally.dropped.source_limit++;
  }

  async function opener(): Promise<(socketDeps: UdpSocketDeps) => Promise<UdpSocket>> {
    if (!batched) return openDgramUdp;
    try {
      // Only a process that listens loads native code.
      return (await import('./udp-batched.ts')).openBatchedUdp;
    } catch (error) {
      log.info({ err: error }, 'syslog: no batched system calls here, going on without');
      return openDgramUdp;
    }
  }

  return {
    name: endpoint.name,
    where,
    async open() {
      if (heldByStranger('udp', port)) throw listenFault(where, 'EADDRINUSE');
      const open = await opener();
      try {
        socket = await open({ host, port, onDatagram, log }).catch((error: unknown) => {
          // A machine without IPv6 cannot listen on `::`.
          if (host !== '::' || (error as NodeJS.ErrnoException).code !== 'EAFNOSUPPORT') throw error;
          return open({ host: '0.0.0.0', port, onDatagram, log });
        });
      } catch (error) {
        throw listenFault(where, error);
      }
      dropsBefore = tally.dropped.kernel;
    },
    async close() {
      const closing = socket;
      socket = undefined;
      await closing?.close();
    },
    metrics() {
      if (socket) tally.dropped.kernel = dropsBefore + kernelDrops(port);
      return tallyMetrics('udp', tally);
    },
  };
}
