import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Listener, ListenerDeps } from '#collectors/listener.ts';
import { createAdmission } from './admission.ts';
import { openConnection } from './connection.ts';
import type { CloseReason, Connection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { createIntake, plainAddress } from './intake.ts';
import { heldByStranger } from '#platform/kernel-sockets.ts';
import { listenFault } from './listen-fault.ts';
import { createProxyList } from './proxies.ts';
import type { SyslogSettings } from './settings.ts';
import { createTally, tallyMetrics } from './tally.ts';
import { createHandshakes } from './tls.ts';
import type { Handshakes } from './tls.ts';

const SWEEP_MS = 2_000;
/** Connections that a sweep looks at before others have their turn; to end one costs as much as to look at so many. */
const SWEPT_A_TURN = 250;
const ENDING = 10;

/** Syslog over TCP (RFC 6587), or over TLS (RFC 5425). A sender that is too fast is held back, not cut. */
export function createTcpListener(
  endpoint: Endpoint,
  settings: Pick<SyslogSettings, 'connections' | 'connectionsPerSender' | 'idleSeconds'>,
  deps: ListenerDeps,
): Listener {
  const { transport, port, where } = endpoint;
  const { clock, sink, log } = deps;
  const tally = createTally();
  const intake = createIntake({ ...deps, tally });
  const connections = new Set<Connection>();
  const admission = createAdmission(settings);
  const isProxy = createProxyList(endpoint.proxies);
  const closed: Partial<Record<CloseReason | 'total' | 'sender', number>> = { idle: 0 };
  let accepted = 0;
  let server: Server | undefined;
  let handshakes: Handshakes | undefined;
  let sweeping: NodeJS.Timeout | undefined;
  let holding = false;

  function count(reason: keyof typeof closed): void {
    closed[reason] = (closed[reason] ?? 0) + 1;
  }

  const onError = () => count('error');

  /** Holds all senders back until there is room; TCP does the rest. */
  function holdBack(): void {
    if (holding) return;
    holding = true;
    for (const connection of connections) connection.pause();
    void sink.whenRoom().then(() => {
      holding = false;
      for (const connection of connections) connection.resume();
    });
  }

  /** Lets a connection in and follows it to its end; what it brings goes to the intake. */
  function serve(socket: Socket): void {
    const peer = plainAddress(socket.remoteAddress ?? '');
    const proxied = isProxy(peer);
    // How many come from a proxy says nothing; each is counted as the sender's that it names.
    let sender = proxied ? '' : peer;
    const refusal = admission.enter(sender);
    socket.on('error', onError);
    if (refusal) {
      count(refusal);
      socket.destroy();
      return;
    }
    accepted++;
    const connection = openConnection(socket, {
      now: clock.monotonic,
      peer,
      proxied,
      handshakes,
      onLine: intake,
      afterChunk: () => sink.full && holdBack(),
      onSender(named) {
        const refused = admission.enter(named);
        if (refused) return refused;
        admission.leave(sender);
        sender = named;
        return undefined;
      },
      onClosed(reason) {
        connections.delete(connection);
        admission.leave(sender);
        if (reason) count(reason);
      },
    });
    connections.add(connection);
    if (holding) connection.pause();
  }

  async function sweep(): Promise<void> {
    let work = 0;
    for (const connection of connections) {
      if (holding) return;
      work += connection.check(clock.monotonic(), settings.idleSeconds * 1000) ? ENDING : 1;
      if (work < SWEPT_A_TURN) continue;
      work = 0;
      await setImmediate();
    }
  }

  async function listen(host: string): Promise<Server> {
    // A plain connection ends when its sender ends it: to have Node answer first, politely, costs as much as to let it in.
    const listening = createServer({ noDelay: false, allowHalfOpen: transport === 'tcp' }, serve);
    listening.listen({ port, host, reusePort: process.platform === 'linux', backlog: 511 });
    await once(listening, 'listening');
    return listening;
  }

  return {
    name: endpoint.name,
    where,
    async open() {
      if (heldByStranger('tcp', port)) throw listenFault(where, 'EADDRINUSE');
      try {
        if (transport === 'tls') handshakes = createHandshakes(endpoint);
        server = await listen(endpoint.host).catch((error: unknown) => {
          // A machine without IPv6 cannot listen on `::`.
          if (endpoint.host !== '::' || (error as NodeJS.ErrnoException).code !== 'EAFNOSUPPORT') throw error;
          return listen('0.0.0.0');
        });
      } catch (error) {
        throw listenFault(where, error);
      }
      server.on('error', (error) => log.warn({ err: error }, `listening on ${where} failed`));
      sweeping = setInterval(() => void sweep(), SWEEP_MS);
      sweeping.unref();
    },
    async close() {
      clearInterval(sweeping);
      if (!server) return;
      const closing = server;
      server = undefined;
      const done = once(closing, 'close');
      closing.close();
      for (const connection of connections) connection.destroy();
      await done;
    },
    metrics() {
      const metrics = tallyMetrics(transport, tally);
      const label = `transport="${transport}"`;
      metrics[`syslog_connections{${label}}`] = connections.size;
      metrics[`syslog_connections_total{${label}}`] = accepted;
      for (const [reason, value] of Object.entries(closed)) {
        metrics[`syslog_connections_closed_total{${label},reason="${reason}"}`] = value;
      }
      return metrics;
    },
  };
}
