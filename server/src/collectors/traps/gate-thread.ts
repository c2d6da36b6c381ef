// The thread that owns the socket. It takes everything off the kernel's hands at once, whatever the process does
// meanwhile, and lets each address through up to its limit: a flood never fills the buffer in which others wait.
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { parentPort } from 'node:worker_threads';
import type { FromGate, Packet, ToGate } from './gate.ts';
import { createSourceLimit } from './source-limit.ts';

/** Half a second of a heavy flood; the kernel gives what net.core.rmem_max allows. */
const RECEIVE_BUFFER_BYTES = 16 * 1024 * 1024;
/** Packets are handed over together. */
const HAND_OVER_MS = 2;
const HAND_OVER_MAX = 256;

let socket: Socket | undefined;
let waiting: Packet[] = [];
let timer: NodeJS.Timeout | undefined;

function tell(message: FromGate): void {
  parentPort?.postMessage(message);
}

function handOver(): void {
  clearTimeout(timer);
  timer = undefined;
  if (waiting.length > 0) tell({ kind: 'packets', packets: waiting });
  waiting = [];
}

/** An IPv4 address that came in through an IPv6 socket, as itself. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

async function bind(host: string, port: number): Promise<Socket> {
  const opened = createSocket({ type: isIPv4(host) ? 'udp4' : 'udp6' });
  try {
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.bind(port, host, () => {
        opened.off('error', reject);
        resolve();
      });
    });
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

async function open({ host, port, perSecond, limited }: Extract<ToGate, { kind: 'open' }>): Promise<void> {
  const count = new Float64Array(limited);
  const within = createSourceLimit(perSecond, () => performance.now());
  try {
    socket = await bind(host, port).catch((error: unknown) => {
      // A machine without IPv6 cannot listen on `::`.
      if (host === '::' && (error as NodeJS.ErrnoException).code === 'EAFNOSUPPORT') return bind('0.0.0.0', port);
      throw error;
    });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return tell({ kind: 'failed', code, message });
  }
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // It stays as large as the system makes it.
  }
  socket.on('error', () => undefined);
  socket.on('message', (bytes: Buffer, { address, port: from }: RemoteInfo) => {
    const source = plainAddress(address);
    if (!within(source)) {
      count[0]! += 1;
      return;
    }
    waiting.push({ bytes, source, address, port: from });
    if (waiting.length >= HAND_OVER_MAX) handOver();
    else timer ??= setTimeout(handOver, HAND_OVER_MS);
  });
  tell({ kind: 'opened', port: socket.address().port });
}

parentPort?.on('message', (message: ToGate) => {
  if (message.kind === 'open') void open(message);
  else if (message.kind === 'send') socket?.send(message.bytes, message.port, message.address, () => undefined);
  else {
    handOver();
    if (socket) socket.close(() => parentPort?.close());
    else parentPort?.close();
  }
});
