import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { MessageFramer } from '#protocols/snmp/framing.ts';
import type { SlotSocket } from './dgram.ts';
import type { Slot, Slots } from './slots.ts';
import type { Endpoint } from './transport.ts';

/** A connection that nothing was heard on for so long is closed; a polled device is asked more often. */
const IDLE_MS = 15 * 60_000;
/** What the system says when there is no use in trying again. */
const HOPELESS = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EPERM', 'EADDRNOTAVAIL', 'EMFILE'];
const NOTHING = Buffer.alloc(0);

interface Link {
  readonly socket: Socket;
  /** Requests that were written to it, by the id that they had. */
  readonly asked: Map<number, Slot>;
}

/**
 * Carries slots over TCP (RFC 3430): one connection an agent, opened when it is first asked and again when it was
 * closed. A request that goes out again does so over a new connection, as the old one is no good.
 */
export function createTcpCarrier(slots: Slots): SlotSocket {
  const links = new Map<string, Link>();

  function open(endpoint: Endpoint, key: string): Link {
    const { address, port, family } = endpoint;
    const socket = connect({ host: address, port, family });
    const link: Link = { socket, asked: new Map() };
    const framer = new MessageFramer();
    links.set(key, link);
    socket.setNoDelay(true);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('data', (chunk) => {
      for (const message of framer.push(chunk)) slots.receive(message, address, port, 'tcp');
      if (!framer.bad) return;
      slots.receive(NOTHING, address, port, 'tcp');
      socket.destroy();
    });
    socket.on('error', (error) => {
      const code = 'code' in error ? String(error.code) : '';
      // Anything else is as good as a lost request: it goes out again when its time has come.
      if (!HOPELESS.includes(code)) return;
      for (const [id, slot] of link.asked) if (slot.id === id) slot.onSent(error);
    });
    socket.on('close', () => {
      if (links.get(key) === link) links.delete(key);
    });
    return link;
  }

  function drop(key: string): void {
    links.get(key)?.socket.destroy();
    links.delete(key);
  }

  return {
    dropped: () => 0,
    send(slot) {
      const endpoint = slot.exchange?.endpoint;
      if (!endpoint) return;
      const key = `${endpoint.address} ${endpoint.port}`;
      if (slot.attempt > 0) drop(key);
      const link = links.get(key) ?? open(endpoint, key);
      for (const [id, asked] of link.asked) if (asked.id !== id) link.asked.delete(id);
      link.asked.set(slot.id, slot);
      // A copy: the slot's memory is used again, perhaps before the connection stands.
      link.socket.write(Buffer.from(slot.message));
    },
    async close() {
      for (const key of links.keys()) drop(key);
    },
  };
}
