import { Worker } from 'node:worker_threads';

/** One datagram that was let through. */
export interface Packet {
  readonly bytes: Uint8Array;
  /** The address it came from, for people and limits. */
  readonly source: string;
  /** The address as the socket knows it, for an answer. */
  readonly address: string;
  readonly port: number;
}

export type ToGate =
  | {
      readonly kind: 'open';
      readonly host: string;
      readonly port: number;
      readonly perSecond: number;
      /** One float64: how many were over the limit. */
      readonly limited: SharedArrayBuffer;
    }
  | { readonly kind: 'send'; readonly bytes: Uint8Array; readonly address: string; readonly port: number }
  | { readonly kind: 'close' };

export type FromGate =
  | { readonly kind: 'opened'; readonly port: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'packets'; readonly packets: readonly Packet[] };

export interface GateOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Datagrams of one address a second. */
  readonly perSecond: number;
  readonly onPacket: (packet: Packet) => void;
  /** The thread died, which it never should. */
  readonly onFailure: (error: Error) => void;
}

/** The socket for notifications, with a thread of its own. */
export interface Gate {
  readonly port: number;
  /** Datagrams over the limit of their address. */
  readonly limited: number;
  send(bytes: Uint8Array, address: string, port: number): void;
  close(): Promise<void>;
}

/** Opens the socket. Rejects with an error that has the system's code. */
export async function openGate({ host, port, perSecond, onPacket, onFailure }: GateOptions): Promise<Gate> {
  const shared = new SharedArrayBuffer(8);
  const limited = new Float64Array(shared);
  const thread = new Worker(new URL('gate-thread.ts', import.meta.url), {
    name: 'traps',
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
    stderr: false,
  });
  // It lives as long as the process, and keeps nothing alive by itself.
  thread.unref();
  const ended = new Promise<void>((resolve) => {
    thread.once('exit', () => resolve());
  });
  const tell = (message: ToGate) => thread.postMessage(message);
  let opened: (port: number) => void;
  let failed: (error: Error) => void;
  const opening = new Promise<number>((resolve, reject) => {
    opened = resolve;
    failed = reject;
  });
  thread.on('message', (message: FromGate) => {
    if (message.kind === 'packets') for (const packet of message.packets) onPacket(packet);
    else if (message.kind === 'opened') opened(message.port);
    else failed(Object.assign(new Error(message.message), { code: message.code }));
  });
  thread.on('error', (error) => {
    failed(error);
    onFailure(error);
  });
  const close = async () => {
    tell({ kind: 'close' });
    await ended;
  };
  tell({ kind: 'open', host, port, perSecond, limited: shared });
  const bound = await opening.catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    port: bound,
    get limited() {
      return limited[0] ?? 0;
    },
    send: (bytes, address, to) => tell({ kind: 'send', bytes, address, port: to }),
    close,
  };
}
