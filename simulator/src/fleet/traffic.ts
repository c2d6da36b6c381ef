import { chance } from './chance.ts';
import { EPOCH, uplinksOf } from './device.ts';
import type { Device } from './device.ts';

// Traffic is a sum of sine waves around a mean, so its integral, the counter, is a formula: what a counter shows at an
// instant can be worked out anywhere, without ever having asked the device.

/** Periods (s) of a day, an hour and two odd ones that look like noise, and how far each swings around the mean. */
const WAVES = [
  { period: 86_400, swing: 0.4 },
  { period: 3_600, swing: 0.2 },
  { period: 427, swing: 0.15 },
  { period: 97, swing: 0.15 },
] as const;

const RESTART_EVERY_MS = 30 * 60_000;
/** How long a device that restarts does not answer. */
const BOOT_MS = 15_000;
const FLAP_MS = 45_000;

/** The instant of the last start. */
export function bootedAt(device: Device, nowMs: number): number {
  if (device.quirk !== 'restarting') return device.bootedAt;
  const since = Math.max(0, nowMs - device.bootedAt);
  return device.bootedAt + Math.floor(since / RESTART_EVERY_MS) * RESTART_EVERY_MS;
}

/** False while the device is dead or starting. */
export function isAwake(device: Device, nowMs: number): boolean {
  if (device.quirk === 'dead') return false;
  return device.quirk !== 'restarting' || nowMs - bootedAt(device, nowMs) >= BOOT_MS;
}

/** How often the device has started, as snmpEngineBoots counts. */
export function bootCount(device: Device, nowMs: number): number {
  return 1 + Math.round((bootedAt(device, nowMs) - device.bootedAt) / RESTART_EVERY_MS);
}

/** Identifier of the device's SNMP engine (RFC 3411 section 5): an enterprise, and octets of our choice. */
export function engineIdOf(device: Device): Uint8Array {
  const id = Buffer.from([0x80, 0, 0x1f, 0x88, 5, 0, 0, 0, 0, 0, 0, 0, 0]);
  id.writeUInt32BE(device.seed >>> 0, 5);
  id.writeUInt32BE(device.index, 9);
  return id;
}

/** Hundredths of a second since the start, wrapping at 2^32. */
export function upTime(device: Device, nowMs: number): number {
  return Math.floor(Math.max(0, nowMs - bootedAt(device, nowMs)) / 10) % 0x1_0000_0000;
}

/** What a port is for: the numbers that its traffic follows. */
export interface Port {
  readonly ifIndex: number;
  readonly uplink: boolean;
  readonly speedBps: number;
  /** Nothing plugged in, or shut down: it never counts. */
  readonly state: 'up' | 'down' | 'disabled';
  readonly flaps: boolean;
  /** Mean octets per second into the port, and what goes out for each that comes in. */
  readonly meanIn: number;
  readonly outShare: number;
  readonly phases: readonly number[];
  /** Octets of a packet on average. */
  readonly packet: number;
  /** Errors for each million packets. */
  readonly errorsPpm: number;
}

/** The port of a device with that ifIndex. */
export function portOf(device: Device, ifIndex: number): Port {
  const draw = (what: number): number => chance(device.seed, device.index, ifIndex, what);
  const uplink = ifIndex > device.ports - uplinksOf(device);
  const tenGigabit = uplink || device.kind === 'core' || device.kind === 'distribution';
  const flaps = device.quirk === 'flapping' && ifIndex >= 2 && ifIndex <= 3;
  const linked = uplink || flaps || device.kind === 'server' || device.kind === 'ups' || ifIndex <= 8;
  const isLoopback = device.kind === 'server' && ifIndex === 1;
  const speedBps = isLoopback ? 10e6 : tenGigabit ? 10e9 : 1e9;
  return {
    ifIndex,
    uplink,
    speedBps,
    state: linked || draw(1) < 0.75 ? 'up' : draw(2) < 0.7 ? 'down' : 'disabled',
    flaps,
    // From 0.01 % to 10 % of the speed.
    meanIn: Math.round((speedBps / 8) * 10 ** (-4 + 3 * draw(3))),
    outShare: 0.1 + 1.5 * draw(4),
    phases: WAVES.map((_, wave) => draw(10 + wave) * 2 * Math.PI),
    packet: 300 + Math.round(700 * draw(5)),
    errorsPpm: draw(6) < 0.1 ? 50 * draw(7) : 0,
  };
}

/** IF-MIB: 1 up, 2 down. */
export function operStatus(device: Device, port: Port, nowMs: number): 1 | 2 {
  if (port.state !== 'up') return 2;
  return port.flaps && flapPhase(device, port, nowMs) >= FLAP_MS ? 2 : 1;
}

function flapPhase(device: Device, port: Port, nowMs: number): number {
  return (nowMs - device.bootedAt + port.ifIndex * 17_000) % (2 * FLAP_MS);
}

/** sysUpTime at which the port came to its present state. */
export function lastChange(device: Device, port: Port, nowMs: number): number {
  if (!port.flaps) return 0;
  return upTime(device, nowMs - (flapPhase(device, port, nowMs) % FLAP_MS));
}

/** Seconds of mean traffic that have passed since the start: octets in are this times `meanIn`. */
export function trafficSeconds(device: Device, port: Port, nowMs: number): number {
  const from = bootedAt(device, nowMs);
  if (port.state !== 'up' || nowMs <= from) return 0;
  if (port.flaps) return upSeconds(device, port, nowMs) - upSeconds(device, port, from);
  // Counted from a near instant, so that a double holds the integral to less than one octet.
  return integral(port, (nowMs - EPOCH) / 1000) - integral(port, (from - EPOCH) / 1000);
}

/** Traffic of a flapping port is even while it is up. */
function upSeconds(device: Device, port: Port, nowMs: number): number {
  const since = nowMs - device.bootedAt + port.ifIndex * 17_000;
  const whole = Math.floor(since / (2 * FLAP_MS));
  return (whole * FLAP_MS + Math.min(since - whole * 2 * FLAP_MS, FLAP_MS)) / 1000;
}

function integral(port: Port, seconds: number): number {
  let sum = seconds;
  for (let wave = 0; wave < WAVES.length; wave++) {
    const { period, swing } = WAVES[wave] ?? WAVES[0];
    const turns = (2 * Math.PI) / period;
    sum -= (swing / turns) * Math.cos(turns * (seconds % period) + (port.phases[wave] ?? 0));
  }
  return sum;
}
