import { addressAfter } from '@sotp/simulator/addresses.ts';
import { chance, pick } from './chance.ts';
import { MODELS } from './models.ts';
import type { Model } from './models.ts';

export type SimulatedKind = 'core' | 'distribution' | 'access' | 'router' | 'server' | 'ups';

/** What makes a device trouble: ports that go up and down, answers that take their time, silence, restarts. */
export type Quirk = 'flapping' | 'slow' | 'dead' | 'restarting';

/** One end of a cable. */
export interface End {
  readonly device: number;
  readonly ifIndex: number;
}

/** A device of the fleet; everything about it follows from seed and index. */
export interface Device {
  readonly index: number;
  readonly seed: number;
  readonly kind: SimulatedKind;
  readonly quirk: Quirk | null;
  readonly model: Model;
  readonly name: string;
  readonly address: string;
  readonly location: string;
  readonly ports: number;
  /** Epoch ms of the (first) start. */
  readonly bootedAt: number;
}

export interface FleetShape {
  readonly devices: number;
  readonly ports: number;
  readonly seed: number;
  readonly listen: string;
  /** Only access switches of one model without quirks, links and hardware: many devices in little memory, for measuring. */
  readonly plain?: boolean;
}

/** Counters of devices that never restart count from a while after this instant. */
export const EPOCH = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const QUIRKS: Readonly<Record<number, Quirk>> = { 7: 'flapping', 8: 'slow', 9: 'dead', 10: 'restarting' };
const SITES = ['Berlin', 'Lyon', 'Porto', 'Graz'] as const;
const SHORT: Readonly<Record<SimulatedKind, string>> = {
  core: 'core',
  distribution: 'dist',
  access: 'acc',
  router: 'rtr',
  server: 'srv',
  ups: 'ups',
};

/** Devices in the order of their addresses; names count up within a kind. */
export function createDevices(shape: FleetShape): Device[] {
  const counts = new Map<SimulatedKind, number>();
  return Array.from({ length: shape.devices }, (_, index) => {
    const kind = shape.plain ? 'access' : kindOf(index);
    const number = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, number);
    const site = pick(SITES, shape.seed, index, 1);
    return {
      index,
      seed: shape.seed,
      kind,
      quirk: shape.plain ? null : (QUIRKS[index] ?? null),
      model: shape.plain ? MODELS.access[0] : pick(MODELS[kind], shape.seed, index, 2),
      name: `${SHORT[kind]}-${site.slice(0, 3).toLowerCase()}-${String(number).padStart(2, '0')}`,
      address: addressAfter(shape.listen, index),
      location: `${site}, building ${1 + Math.floor(chance(shape.seed, index, 3) * 4)}, rack ${1 + (index % 12)}`,
      ports: kind === 'ups' ? 1 : kind === 'server' ? 3 : shape.ports,
      // Plain ones tell the same uptime, so that one answer may serve for all.
      bootedAt: shape.plain ? EPOCH : EPOCH + Math.floor(chance(shape.seed, index, 4) * 120) * DAY_MS,
    };
  });
}

function kindOf(index: number): SimulatedKind {
  const first = ['core', 'router', 'ups', 'server', 'server', 'distribution', 'distribution'] as const;
  return first[index] ?? (index % 8 === 7 && index > 10 ? 'server' : 'access');
}

/** Ports at the end of a switch or router that lead upwards. */
export function uplinksOf(device: Device): number {
  return device.kind === 'server' || device.kind === 'ups' || device.ports < 4 ? 0 : 2;
}

/** The cables: a tree from the core, each device at the first free port of the device above it. */
export function createLinks(devices: readonly Device[]): (readonly [End, End])[] {
  const links: [End, End][] = [];
  const used = new Map<number, number>();
  const above: Readonly<Record<SimulatedKind, SimulatedKind | null>> = {
    core: null,
    router: 'core',
    distribution: 'core',
    access: 'distribution',
    server: 'access',
    ups: 'access',
  };
  for (const device of devices) {
    const kind = above[device.kind];
    const candidates = devices.filter((other) => other.kind === kind && other.quirk !== 'dead');
    const parent = candidates[device.index % Math.max(1, candidates.length)];
    if (!parent || device.quirk === 'dead') continue;
    const port = (used.get(parent.index) ?? 0) + 1;
    if (port > parent.ports - uplinksOf(parent)) continue;
    used.set(parent.index, port);
    const own = uplinksOf(device) > 0 ? device.ports - uplinksOf(device) + 1 : Math.min(2, device.ports);
    links.push([
      { device: parent.index, ifIndex: port },
      { device: device.index, ifIndex: own },
    ]);
  }
  return links;
}
