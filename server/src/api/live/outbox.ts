import type { Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import type { ServerMessage } from '@sotp/contract/live.ts';
import { frameTexts } from './frames.ts';
import type { Frames } from './frames.ts';

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
  /** Events that came together, each a message of its own; the same array however many clients get them. */
  events(id: string, jsons: readonly string[]): void;
  control(message: Exclude<ServerMessage, { type: 'event' }>): void;
  /** Counts events of a subscription that never came this far. */
  missed(id: string, count: number): void;
  forget(id: string): void;
  /** Called every few seconds: tells a client that caught up what it missed, and closes one that does not read. */
  sweep(): void;
}

type Socket = Pick<WebSocket, 'send' | 'close' | 'terminate' | 'bufferedAmount' | 'readyState' | 'OPEN'>;

/** Events made ready for the wire once for all clients whose subscription has the same id. */
const framed = new WeakMap<readonly string[], Map<string, Frames[]>>();

function eventText(id: string, json: string): string {
  return `{"type":"event","id":${JSON.stringify(id)},"data":${json}}`;
}

function framesOf(id: string, jsons: readonly string[]): Frames[] {
  let known = framed.get(jsons);
  if (!known) framed.set(jsons, (known = new Map()));
  let frames = known.get(id);
  if (!frames) known.set(id, (frames = frameTexts(jsons.map((json) => eventText(id, json)))));
  return frames;
}

/** `wire` is what the socket itself writes to: it must not compress. */
export function createOutbox(socket: Socket, wire: Pick<Writable, 'write'>): Outbox {
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

  /** True when so much more may wait; what was missed before is told then. Else the events are counted as missed. */
  function admit(id: string, bytes: number, events: number): boolean {
    const waiting = socket.bufferedAmount;
    const behind = dropped.size > 0 && waiting > BUFFER_BYTES_LOW;
    if (behind || waiting + bytes > BUFFER_BYTES_MAX) {
      dropped.set(id, (dropped.get(id) ?? 0) + events);
      return false;
    }
    if (dropped.size > 0) tellGaps();
    return true;
  }

  return {
    event(id, json) {
      if (admit(id, json.length, 1)) send(eventText(id, json));
    },
    events(id, jsons) {
      for (const { octets, count } of framesOf(id, jsons)) {
        if (admit(id, octets.length, count) && socket.readyState === socket.OPEN) wire.write(octets);
      }
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
