import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import type { Agent } from './agent.ts';

/** An agent at its address. */
export interface Served {
  readonly address: string;
  readonly port: number;
  readonly agent: Agent;
  /** Milliseconds before each response, as on a slow device, perhaps by what was asked; none when left out. */
  readonly delayMs?: number | ((request: Uint8Array) => number);
}

export interface Server {
  /** Requests received, and responses sent. */
  readonly counters: { received: number; sent: number };
  stop(): Promise<void>;
}

/** Sockets that are being bound at the same time. */
const BINDING = 256;
const RECEIVE_BUFFER = 1024 * 1024;

/** Opens a socket per agent. When one cannot be opened the others are closed and the reason is thrown. */
export async function serve(agents: readonly Served[]): Promise<Server> {
  const counters = { received: 0, sent: 0 };
  const sockets: Socket[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(sockets.splice(0).map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  };
  try {
    for (let at = 0; at < agents.length; at += BINDING) {
      await Promise.all(
        agents.slice(at, at + BINDING).map(async (served) => {
          const socket = await open(served);
          sockets.push(socket);
          answer(socket, served, counters);
        }),
      );
    }
  } catch (cause) {
    await stop();
    throw cause;
  }
  return { counters, stop };
}

function open({ address, port }: Served): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: RECEIVE_BUFFER,
    // Only addresses come here; asking the resolver would put every response off to the next tick.
    lookup: (name, _, callback) => callback(null, name, 4),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      socket.close();
      const reason = cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.message;
      reject(new Error(`cannot listen on ${address}:${port}: ${reason}`, { cause }));
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      // Errors of single sends belong to a client that has gone.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function answer(socket: Socket, { agent, delayMs }: Served, counters: Server['counters']): void {
  socket.on('message', (datagram, from) => {
    counters.received++;
    const response = agent.handle(datagram);
    if (response === null) return;
    const send = (): void => {
      counters.sent++;
      try {
        socket.send(response, from.port, from.address);
      } catch {
        // Closed while a delayed response was waiting.
      }
    };
    const delay = typeof delayMs === 'function' ? delayMs(datagram) : delayMs;
    if (delay) setTimeout(send, delay).unref();
    else send();
  });
}
