// WebSocket clients of `live.ts` in a process of their own, so that reading what a hub sends to a hundred of them is not
// what is measured. Talks to its parent by messages.
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface LiveOrder {
  readonly kind: 'open' | 'follow' | 'measure' | 'report';
  readonly url?: string;
  readonly origin?: string;
  /** A client for each. */
  readonly cookies?: readonly string[];
  /** Clients that never read: neither the kernel's buffer nor ours is emptied. */
  readonly stalled?: boolean;
}

export interface LiveReport {
  /** Ages of lines in ms, with how many had each. */
  readonly ages: readonly [number, number][];
  readonly gaps: number;
  readonly alive: number;
}

const sockets: WebSocket[] = [];
const ages = new Map<number, number>();
let gaps = 0;
let measuring = false;
let stalled = false;

function hear(data: Buffer): void {
  const at = data.indexOf('sent=');
  if (at < 0) {
    if (data.includes('"gap"')) gaps++;
    return;
  }
  if (!measuring) return;
  const age = Math.max(0, Date.now() - Number(data.toString('latin1', at + 5, at + 18)));
  ages.set(age, (ages.get(age) ?? 0) + 1);
}

async function open({ url = '', origin = '', cookies = [] }: LiveOrder): Promise<void> {
  for (const cookie of cookies) {
    const socket = new WebSocket(url, { headers: { cookie, origin } });
    socket.on('error', () => undefined);
    if (!stalled) socket.on('message', hear);
    await once(socket, 'open');
    sockets.push(socket);
  }
}

process.on('message', async (order: LiveOrder) => {
  if (order.kind === 'open') {
    stalled = order.stalled ?? false;
    await open(order);
  } else if (order.kind === 'follow') {
    for (const socket of sockets) {
      socket.send(JSON.stringify({ type: 'subscribe', id: '1', topic: 'logs', filter: {} }));
      if (stalled) socket.pause();
    }
  } else measuring = order.kind === 'measure';
  const alive = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  process.send?.({ ages: [...ages], gaps, alive } satisfies LiveReport);
});
