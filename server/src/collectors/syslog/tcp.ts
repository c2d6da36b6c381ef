import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Listener, ListenerDeps } from '#collectors/listener.ts';
import { createFrameDecoder } from '#protocols/syslog/framing.ts';
import type { FrameDecoder } from '#protocols/syslog/framing.ts';
import { createIntake, plainAddress } from './intake.ts';
import { heldByStranger } from './kernel-sockets.ts';
import { listenFault } from './listen-fault.ts';
import type { SyslogSettings } from './settings.ts';
import { createTally, tallyMetrics } from './tally.ts';

const SWEEP_MS = 2_000;
/** A frame that has begun must be whole by then: a sender that drips bytes gets no more. */
const FRAME_MS = 30_000;
const HANDSHAKE_MS = 10_000;

interface Connection {
  readonly socket: Socket;
  readonly sender: string;
  readonly decoder: FrameDecoder;
  heardAt: number;
  /** When the frame that is not whole yet began; 0 when there is none. */
  frameSince: number;
  frames: number;
}

type CloseReason = 'idle' | 'frame_timeout' | 'bad_count' | 'count_too_large' | 'total' | 'sender' | 'error';

/** Syslog over TCP (RFC 6587), or over TLS (RFC 5425) when `secure`. A sender that is too fast is held back, not cut. */
export function createTcpListener(settings: SyslogSettings, deps: ListenerDeps, secure: boolean): Listener {
  const { clock, sink, log } = deps;
  const transport = secure ? 'tls' : 'tcp';
  const port = secure ? settings.tls.port : settings.tcp;
  const where = `${secure ? 'TLS' : 'TCP'} port ${port}`;
  const tally = createTally();
  const intake = createIntake({ ...deps, tally });
  const connections = new Set<Connection>();
  const perSender = new Map<string, number>();
  const closed: Partial<Record<CloseReason, number>> = {};
  let accepted = 0;
  let server: Server | undefined;
  let sweeping: NodeJS.Timeout | undefined;
  let holding = false;

  function count(reason: CloseReason): void {
    closed[reason] = (closed[reason] ?? 0) + 1;
  }

  /** Holds all senders back until there is room; TCP does the rest. */
  function holdBack(): void {
    if (holding) return;
    holding = true;
    for (const { socket } of connections) socket.pause();
    void sink.whenRoom().then(() => {
      holding = false;
      for (const { socket } of connections) socket.resume();
    });
  }

  function end(connection: Connection, reason: CloseReason): void {
    if (!connections.delete(connection)) return;
    count(reason);
    connection.decoder.end();
    connection.socket.destroy();
  }

  function serve(socket: Socket): void {
    const sender = plainAddress(socket.remoteAddress ?? '');
    socket.on('error', () => count('error'));
    const own = perSender.get(sender) ?? 0;
    if (connections.size >= settings.connections || own >= settings.connectionsPerSender) {
      count(connections.size >= settings.connections ? 'total' : 'sender');
      socket.destroy();
      return;
    }
    accepted++;
    perSender.set(sender, own + 1);
    const decoder = createFrameDecoder({
      frame(bytes, truncated) {
        connection.frames++;
        intake(bytes, sender, truncated);
      },
    });
    const connection: Connection = { socket, sender, decoder, heardAt: clock.monotonic(), frameSince: 0, frames: 0 };
    connections.add(connection);
    socket.setKeepAlive(true, 60_000);
    socket.on('data', (chunk: Buffer) => {
      const now = clock.monotonic();
      const framesBefore = connection.frames;
      connection.heardAt = now;
      const fault = decoder.push(chunk);
      if (fault) return end(connection, fault);
      if (decoder.pending === 0) connection.frameSince = 0;
      else if (connection.frameSince === 0 || connection.frames > framesBefore) connection.frameSince = now;
      if (sink.full) holdBack();
    });
    socket.on('close', () => {
      decoder.end();
      connections.delete(connection);
      const left = (perSender.get(sender) ?? 1) - 1;
      if (left > 0) perSender.set(sender, left);
      else perSender.delete(sender);
    });
    if (holding) socket.pause();
  }

  function sweep(): void {
    if (holding) return;
    const now = clock.monotonic();
    for (const connection of connections) {
      if (connection.frameSince > 0 && now - connection.frameSince > FRAME_MS) end(connection, 'frame_timeout');
      else if (now - connection.heardAt > settings.idleSeconds * 1000) end(connection, 'idle');
    }
  }

  function createListening(): Server {
    if (!secure) return createServer({ noDelay: false }, serve);
    const { cert, key, clientCa } = settings.tls;
    const options = {
      cert: readFileSync(cert ?? ''),
      key: readFileSync(key ?? ''),
      ...(clientCa ? { ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true } : {}),
      minVersion: 'TLSv1.2' as const,
      handshakeTimeout: HANDSHAKE_MS,
    };
    return createTlsServer(options, serve).on('tlsClientError', () => count('error'));
  }

  async function listen(host: string): Promise<Server> {
    const listening = createListening();
    listening.maxConnections = settings.connections * 2;
    listening.listen({ port, host, reusePort: process.platform === 'linux', backlog: 511 });
    await once(listening, 'listening');
    return listening;
  }

  return {
    name: `syslog-${transport}`,
    where,
    async open() {
      if (heldByStranger('tcp', port)) throw listenFault(where, 'EADDRINUSE');
      try {
        server = await listen(settings.host).catch((error: unknown) => {
          if (settings.host === '::' && (error as NodeJS.ErrnoException).code === 'EAFNOSUPPORT')
            return listen('0.0.0.0');
          throw error;
        });
      } catch (error) {
        throw listenFault(where, error);
      }
      server.on('error', (error) => log.warn({ err: error }, `listening on ${where} failed`));
      sweeping = setInterval(sweep, SWEEP_MS);
      sweeping.unref();
    },
    async close() {
      clearInterval(sweeping);
      if (!server) return;
      const closing = server;
      server = undefined;
      const done = once(closing, 'close');
      closing.close();
      const ends = [...connections].map(({ socket }) => once(socket, 'close'));
      for (const { socket } of connections) socket.destroy();
      await Promise.all([...ends, done]);
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
