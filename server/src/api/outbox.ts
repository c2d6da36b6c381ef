import type { WebSocket } from 'ws';
import type { ServerMessage } from '@sotp/contract/live.ts';

/** What may wait for a slow client, in bytes; beyond that events are dropped and counted. */
const BUFFER_BYTES_MAX = 1024 * 1024;
/** Below this a client counts as caught up, and is told what it missed. */
const BUFFER_BYTES_LOW = 256 * 1024;
/** A client that has not caught up for so many sweeps is sent away. */
const STALLED_SWEEPS_MAX = 2;
const TRY_LATER = 1013;

/** Sends to one client without ever holding more than a bounded amount for it. */
export interface Outbox {
  event(id: string, json: string): void;
  control(message: Exclude<ServerMessage, { type: 'event' }>): void;
  /** Counts events of a subscription that never came this far. */
  missed(id: string, count: number): void;
  forget(id: string): void;
  /** Called every few seconds: tells a client that caught up what it missed, and closes one that does not read. */
  sweep(): void;
}

type Socket = Pick<WebSocket, 'send' | 'close' | 'terminate' | 'bufferedAmount' | 'readyState' | 'OPEN'>;

export function createOutbox(socket: Socket): Outbox {
  const dropped = new Map<string, number>();
  let stalledSweeps = 0;

  function send(text: string): void {
    if (socket.readyState === socket.OPEN) socket.send(text);
  }

  function tellGaps(): void {
    for (const [id, count] of dropped)
      send(JSON.stringify({ type: 'gap', id, dropped: count } satisfies ServerMessage));
    dropped.clear();
  }

  return {
    event(id, json) {
      const waiting = socket.bufferedAmount;
      const behind = dropped.size > 0 && waiting > BUFFER_BYTES_LOW;
      if (behind || waiting + json.length > BUFFER_BYTES_MAX) {
        dropped.set(id, (dropped.get(id) ?? 0) + 1);
        return;
      }
      if (dropped.size > 0) tellGaps();
      send(`{"type":"event","id":${JSON.stringify(id)},"data":${json}}`);
    },
    control(message) {
      if (socket.bufferedAmount < BUFFER_BYTES_MAX) send(JSON.stringify(message));
    },
    missed(id, count) {
      dropped.set(id, (dropped.get(id) ?? 0) + count);
      if (socket.bufferedAmount <= BUFFER_BYTES_LOW) tellGaps();
    },
    forget: (id) => void dropped.delete(id),
    sweep() {
      if (socket.bufferedAmount <= BUFFER_BYTES_LOW) {
        stalledSweeps = 0;
        tellGaps();
        return;
      }
      stalledSweeps += 1;
      if (stalledSweeps < STALLED_SWEEPS_MAX) return;
      socket.close(TRY_LATER, 'too slow');
      // Its close frame waits behind all that it does not read.
      socket.terminate();
    },
  };
}
