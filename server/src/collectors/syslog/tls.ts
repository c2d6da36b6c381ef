import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Endpoint } from './endpoint.ts';

const HANDSHAKE_MS = 10_000;

/** Turns connections into secure ones (RFC 5425). */
export interface Handshakes {
  /** Calls `done` with the secure stream, or with nothing when it came to none; the connection is gone then. */
  begin(socket: Socket, done: (secure: TLSSocket | undefined) => void): void;
}

/** Throws the system's error when a file cannot be read, or OpenSSL's when it holds something else. */
export function createHandshakes({ cert, key, clientCa }: Endpoint): Handshakes {
  const waiting = new Map<string, (secure: TLSSocket | undefined) => void>();
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  // It never listens: connections are handed to it once they are let in.
  const server = createServer(
    {
      cert: readFileSync(cert ?? ''),
      key: readFileSync(key ?? ''),
      ...(clientCa ? { ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true } : {}),
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_MS,
    },
    (secure) => waiting.get(nameOf(secure))?.(secure),
  );
  // The connection closes by itself then, and says so.
  server.on('tlsClientError', () => undefined);
  return {
    begin(socket, done) {
      const name = nameOf(socket);
      const settle = (secure: TLSSocket | undefined) => {
        if (waiting.delete(name)) done(secure);
      };
      waiting.set(name, settle);
      socket.once('close', () => settle(undefined));
      server.emit('connection', socket);
    },
  };
}
