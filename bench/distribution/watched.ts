// Simulated devices that remember who asked them when, and can be made silent: the truth that statuses are held against.
import { createSocket } from 'node:dgram';
import { createFleet } from '@sotp/simulator/fleet/fleet.ts';
import { phaseOf } from '../../server/src/domain/partition.ts';

interface Asked {
  readonly at: number;
  /** Address and port: a collector process has one of its own. */
  readonly by: string;
  readonly answered: boolean;
  /** A poll of a device that is known, no part of reading it as a whole. */
  readonly poll: boolean;
  /** What a poll may begin with, sent for the first time: such a poll, or the greeting of a device that is new or silent. */
  readonly begins: boolean;
}

/** ifTableLastChange, in BER: every poll asks for it, and nothing else does. */
const IN_POLLS = Buffer.from('2b060102011f010500', 'hex');
/** sysUpTime.0, in BER: every greeting asks for it, and so does the probe beside it. */
const IN_GREETINGS = Buffer.from('2b060102010103000500', 'hex');

export interface WatchedDevice {
  readonly address: string;
  readonly asked: Asked[];
  /** Instants at which it fell silent or spoke again; it begins speaking. */
  readonly turns: { readonly at: number; readonly speaks: boolean }[];
  turn(speaks: boolean): void;
  /** Whether it spoke, or was silent, at any instant of the time. */
  was(speaks: boolean, from: number, to: number): boolean;
}

export interface Watched {
  readonly port: number;
  readonly devices: readonly WatchedDevice[];
  /** Whether this process stood still for long enough, at any instant of the time, that its devices seemed silent. */
  stoodStill(from: number, to: number): boolean;
  stop(): void;
}

const LOOK_MS = 100;
/** A collector asks again after a second and more; a hold-up below this costs no answer. */
const SILENT_MS = 500;

/** Devices at `10.28.0.1` and on, or below another prefix; all of them on one port. */
export async function watchDevices(count: number, port: number, prefix: string): Promise<Watched> {
  const fleet = createFleet({ devices: count, ports: 2, seed: 1, listen: '127.0.0.1', plain: true });
  const sockets = Array.from({ length: count }, () => createSocket({ type: 'udp4', recvBufferSize: 1 << 20 }));
  const devices = await Promise.all(
    sockets.map(async (socket, i): Promise<WatchedDevice> => {
      const agent = fleet.agent(i);
      const turns: { at: number; speaks: boolean }[] = [];
      const asked: Asked[] = [];
      // A request keeps its id, and so every octet, when it is sent again; no two requests of a process have the same.
      const heard = new Set<string>();
      let speaking = true;
      const address = `${prefix}.${Math.floor(i / 250)}.${(i % 250) + 1}`;
      socket.on('message', (datagram, from) => {
        const by = `${from.address}:${from.port}`;
        const request = `${by} ${datagram.toString('base64')}`;
        const poll = datagram.includes(IN_POLLS);
        const begins = (poll || datagram.includes(IN_GREETINGS)) && !heard.has(request);
        asked.push({ at: Date.now(), by, answered: speaking, poll, begins });
        heard.add(request);
        const response = speaking ? agent.handle(datagram) : null;
        if (response) socket.send(response, from.port, from.address, () => undefined);
      });
      await new Promise<void>((resolve) => void socket.bind(port, address, resolve));
      return {
        address,
        asked,
        turns,
        turn(speaks) {
          speaking = speaks;
          turns.push({ at: Date.now(), speaks });
        },
        was(speaks, from, to) {
          let state = true;
          for (const turn of turns) {
            if (turn.at > to) break;
            if (turn.at > from && state === speaks) return true;
            state = turn.speaks;
          }
          return state === speaks;
        },
      };
    }),
  );
  const holdUps: { readonly from: number; readonly to: number }[] = [];
  let lookedAt = Date.now();
  const looking = setInterval(() => {
    const now = Date.now();
    if (now - lookedAt > LOOK_MS + SILENT_MS) holdUps.push({ from: lookedAt, to: now });
    lookedAt = now;
  }, LOOK_MS);
  return {
    port,
    devices,
    stoodStill: (from, to) => holdUps.some((holdUp) => holdUp.from <= to && holdUp.to >= from),
    stop: () => {
      clearInterval(looking);
      for (const socket of sockets) socket.close();
    },
  };
}

export interface Wait {
  readonly address: string;
  readonly from: number;
  readonly ms: number;
}

/** The longest time from `since` to `until` in which nobody asked the device. */
export function longestWait({ address, asked }: WatchedDevice, since: number, until: number): Wait {
  let longest = { address, from: since, ms: 0 };
  let from = since;
  for (const at of [...asked.map((one) => one.at), until]) {
    if (at < since || at > until) continue;
    if (at - from > longest.ms) longest = { address, from, ms: at - from };
    from = at;
  }
  return longest;
}

export interface TwiceAsked {
  /** The instant of the slot. */
  readonly at: number;
  readonly by: readonly string[];
  /** Every request in it: `address:port`, ms after its instant, whether it was a poll. */
  readonly requests: readonly string[];
}

/**
 * Clocks of two processes agree to a few ms, so a poll that begins this long before a slot's instant is the slot's. A request
 * that is sent again, or is part of reading a device as a whole, belongs to a poll that began before: it counts where it falls.
 */
const EARLY_MS = 100;

/**
 * Slots in which two machines asked the device, or two processes of one. A process that gets no answer asks once from a
 * second socket as well; so two processes of a machine are told apart by two ports that each asked more than once and were
 * answered. What `leftOver` names is not counted: the end of a poll that was begun long before.
 */
export function slotsAskedTwice(
  device: WatchedDevice,
  id: number,
  intervalMs: number,
  since: number,
  leftOver: (by: string, at: number) => boolean,
): TwiceAsked[] {
  const phase = phaseOf(id, 'snmp', intervalMs);
  const bySlot = new Map<number, Map<string, Map<string, number>>>();
  const requests = new Map<number, string[]>();
  for (const { at, by, answered, poll, begins } of device.asked) {
    if (at < since || leftOver(by, at)) continue;
    const slot = Math.floor((at - phase + (begins ? EARLY_MS : 0)) / intervalMs);
    const [machine = '', port = ''] = by.split(':');
    const told = requests.get(slot) ?? [];
    requests.set(slot, told);
    told.push(
      `${by} ${at - slot * intervalMs - phase}${poll ? ' poll' : ''}${begins ? ' first' : ''}${answered ? '' : ' silent'}`,
    );
    const machines = bySlot.get(slot) ?? new Map<string, Map<string, number>>();
    const ports = machines.get(machine) ?? new Map<string, number>();
    ports.set(port, (ports.get(port) ?? 0) + (answered ? 1 : 0));
    bySlot.set(slot, machines.set(machine, ports));
  }
  const again = (ports: ReadonlyMap<string, number>) => [...ports.values()].filter((count) => count > 1).length > 1;
  return [...bySlot]
    .filter(([, machines]) => machines.size > 1 || [...machines.values()].some(again))
    .map(([slot, machines]) => ({
      at: slot * intervalMs + phase,
      by: [...machines.keys()],
      requests: requests.get(slot) ?? [],
    }));
}
