import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { encodeNumber, encodeOctets } from '@sotp/simulator/mib.ts';
import type { Variable } from '@sotp/simulator/mib.ts';
import { uplinksOf } from './device.ts';
import type { Device } from './device.ts';
import { lastChange, operStatus, portOf, trafficSeconds, upTime } from './traffic.ts';
import type { Port } from './traffic.ts';

const IF_ENTRY = '1.3.6.1.2.1.2.2.1';
const IFX_ENTRY = '1.3.6.1.2.1.31.1.1.1';
const ETHERNET = 6;
const LOOPBACK = 24;
const TWO_32 = 0x1_0000_0000;

/** What one column counts, per second of mean traffic. */
type Count = (port: Port) => number;

const octetsIn: Count = (port) => port.meanIn;
const octetsOut: Count = (port) => port.meanIn * port.outShare;
const packetsIn: Count = (port) => port.meanIn / port.packet;
const packetsOut: Count = (port) => (port.meanIn * port.outShare) / port.packet;
const share =
  (of: Count, part: number): Count =>
  (port) =>
    of(port) * part;
const errors: Count = (port) => (packetsIn(port) * port.errorsPpm) / 1e6;
const none: Count = () => 0;

/** Counters of RFC 2863 by column: of ifTable 32 bits wide, of ifXTable partly 64. */
const IF_COUNTERS: Readonly<Record<number, Count>> = {
  10: octetsIn,
  11: packetsIn,
  12: share(packetsIn, 0.02),
  13: share(errors, 0.5),
  14: errors,
  15: none,
  16: octetsOut,
  17: packetsOut,
  18: share(packetsOut, 0.02),
  19: share(errors, 0.3),
  20: none,
};
const IFX_COUNTERS_32: Readonly<Record<number, Count>> = {
  2: share(packetsIn, 0.015),
  3: share(packetsIn, 0.005),
  4: share(packetsOut, 0.015),
  5: share(packetsOut, 0.005),
};
const IFX_COUNTERS_64: Readonly<Record<number, Count>> = {
  6: octetsIn,
  7: packetsIn,
  8: share(packetsIn, 0.015),
  9: share(packetsIn, 0.005),
  10: octetsOut,
  11: packetsOut,
  12: share(packetsOut, 0.015),
  13: share(packetsOut, 0.005),
};

/** Columns whose truth can be asked for. */
export const COUNTER_COLUMNS = {
  ifInOctets: [IF_COUNTERS, 10, 32],
  ifInUcastPkts: [IF_COUNTERS, 11, 32],
  ifInDiscards: [IF_COUNTERS, 13, 32],
  ifInErrors: [IF_COUNTERS, 14, 32],
  ifOutOctets: [IF_COUNTERS, 16, 32],
  ifOutUcastPkts: [IF_COUNTERS, 17, 32],
  ifOutDiscards: [IF_COUNTERS, 19, 32],
  ifOutErrors: [IF_COUNTERS, 20, 32],
  ifHCInOctets: [IFX_COUNTERS_64, 6, 64],
  ifHCInUcastPkts: [IFX_COUNTERS_64, 7, 64],
  ifHCInMulticastPkts: [IFX_COUNTERS_64, 8, 64],
  ifHCInBroadcastPkts: [IFX_COUNTERS_64, 9, 64],
  ifHCOutOctets: [IFX_COUNTERS_64, 10, 64],
  ifHCOutUcastPkts: [IFX_COUNTERS_64, 11, 64],
  ifHCOutMulticastPkts: [IFX_COUNTERS_64, 12, 64],
  ifHCOutBroadcastPkts: [IFX_COUNTERS_64, 13, 64],
} as const;
export type CounterColumn = keyof typeof COUNTER_COLUMNS;

/** What a counter shows at an instant. */
export function counterValue(device: Device, ifIndex: number, column: CounterColumn, epochMs: number): number {
  const [counters, number, bits] = COUNTER_COLUMNS[column];
  const value = counted(device, portAt(device, ifIndex), counters[number] ?? none, epochMs);
  return bits === 32 ? value % TWO_32 : value;
}

function counted(device: Device, port: Port, count: Count, nowMs: number): number {
  return Math.floor(cachedSeconds(device, port, nowMs) * count(port));
}

// A poll asks for many columns of one port at one instant.
let lastDevice: Device | null = null;
let lastPort: Port | null = null;
let lastMs = -1;
let lastSeconds = 0;
function cachedSeconds(device: Device, port: Port, nowMs: number): number {
  if (device !== lastDevice || port !== lastPort || nowMs !== lastMs) {
    lastDevice = device;
    lastPort = port;
    lastMs = nowMs;
    lastSeconds = trafficSeconds(device, port, nowMs);
  }
  return lastSeconds;
}

const ports = new WeakMap<Device, Port[]>();
function portAt(device: Device, ifIndex: number): Port {
  let all = ports.get(device);
  if (all === undefined) {
    all = Array.from({ length: device.ports }, (_, i) => portOf(device, i + 1));
    ports.set(device, all);
  }
  const port = all[ifIndex - 1];
  if (port === undefined) throw new Error(`${device.name} has no port ${ifIndex}`);
  return port;
}

/** Name of a port, as in ifName and ifDescr. */
export function portName(device: Device, ifIndex: number): string {
  const uplinks = uplinksOf(device);
  const uplink = ifIndex > device.ports - uplinks;
  return device.model.portName(uplink ? ifIndex - (device.ports - uplinks) : ifIndex, uplink);
}

/** MAC address of a port; 0 is the device's own. */
export function macOf(device: Device, ifIndex: number): Uint8Array {
  const [a, b, c] = device.model.oui;
  return Uint8Array.of(a, b, c, (device.index >>> 8) & 0xff, device.index & 0xff, ifIndex & 0xff);
}

/** ifTable and ifXTable (RFC 2863) of devices with so many ports; all but names and MAC addresses is worked out per device. */
export function interfaceVariables(sample: Device, aliasOf: (device: Device, ifIndex: number) => string) {
  const variables: Variable<Device>[] = [
    { oid: '1.3.6.1.2.1.2.1.0', value: encodeNumber(SnmpType.integer, sample.ports) },
    { oid: '1.3.6.1.2.1.31.1.5.0', value: encodeNumber(SnmpType.timeTicks, 0) },
  ];
  for (let ifIndex = 1; ifIndex <= sample.ports; ifIndex++) {
    const name = encodeOctets(portName(sample, ifIndex));
    const isLoopback = sample.kind === 'server' && ifIndex === 1;
    const integer = (number: (device: Device, nowMs: number) => number) => ({ tag: SnmpType.integer, number });
    const cells: Readonly<Record<number, Variable<Device>['value']>> = {
      1: encodeNumber(SnmpType.integer, ifIndex),
      2: name,
      3: encodeNumber(SnmpType.integer, isLoopback ? LOOPBACK : ETHERNET),
      4: encodeNumber(SnmpType.integer, isLoopback ? 65_536 : 1500),
      5: {
        tag: SnmpType.gauge32,
        number: (device) => Math.min(portAt(device, ifIndex).speedBps, TWO_32 - 1),
      },
      6: {
        tag: SnmpType.octetString,
        octets: (device) => (isLoopback ? new Uint8Array(0) : macOf(device, ifIndex)),
      },
      7: integer((device) => (portAt(device, ifIndex).state === 'disabled' ? 2 : 1)),
      8: integer((device, nowMs) => operStatus(device, portAt(device, ifIndex), nowMs)),
      9: {
        tag: SnmpType.timeTicks,
        number: (device, nowMs) => Math.min(lastChange(device, portAt(device, ifIndex), nowMs), upTime(device, nowMs)),
      },
    };
    for (const [column, value] of Object.entries(cells)) {
      variables.push({ oid: `${IF_ENTRY}.${column}.${ifIndex}`, value });
    }
    for (const [column, count] of Object.entries(IF_COUNTERS)) {
      variables.push({ oid: `${IF_ENTRY}.${column}.${ifIndex}`, value: counter32(ifIndex, count) });
    }
    for (const [column, count] of Object.entries(IFX_COUNTERS_32)) {
      variables.push({ oid: `${IFX_ENTRY}.${column}.${ifIndex}`, value: counter32(ifIndex, count) });
    }
    for (const [column, count] of Object.entries(IFX_COUNTERS_64)) {
      const number = (device: Device, nowMs: number) => counted(device, portAt(device, ifIndex), count, nowMs);
      variables.push({ oid: `${IFX_ENTRY}.${column}.${ifIndex}`, value: { tag: SnmpType.counter64, number } });
    }
    const more: Readonly<Record<number, Variable<Device>['value']>> = {
      1: name,
      14: encodeNumber(SnmpType.integer, 1),
      15: { tag: SnmpType.gauge32, number: (device) => portAt(device, ifIndex).speedBps / 1e6 },
      16: encodeNumber(SnmpType.integer, 2),
      17: encodeNumber(SnmpType.integer, isLoopback ? 2 : 1),
      18: { tag: SnmpType.octetString, octets: (device) => Buffer.from(aliasOf(device, ifIndex), 'utf8') },
      19: encodeNumber(SnmpType.timeTicks, 0),
    };
    for (const [column, value] of Object.entries(more)) {
      variables.push({ oid: `${IFX_ENTRY}.${column}.${ifIndex}`, value });
    }
  }
  return variables;
}

function counter32(ifIndex: number, count: Count): Variable<Device>['value'] {
  const number = (device: Device, nowMs: number) => counted(device, portAt(device, ifIndex), count, nowMs) % TWO_32;
  return { tag: SnmpType.counter32, number };
}
