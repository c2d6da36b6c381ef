import { SnmpType } from '@sotp/server/protocols/snmp/value.ts';
import { encodeNumber, encodeOctets, encodeOidValue } from '@sotp/simulator/mib.ts';
import type { Variable } from '@sotp/simulator/mib.ts';
import { chance } from './chance.ts';
import type { Device } from './device.ts';
import { upTime } from './traffic.ts';

const HR = '1.3.6.1.2.1.25';
const UCD = '1.3.6.1.4.1.2021';
const TYPE = { other: 1, ram: 2, virtual: 3, disk: 4 } as const;
const GIB = 1024 ** 3;

interface Pool {
  readonly type: keyof typeof TYPE;
  readonly name: string;
  readonly unit: number;
  readonly bytes: number;
  /** Share in use, around which it moves. */
  readonly used: number;
}

/** A value that swings around its middle, by a wave of its own. */
function swing(device: Device, nowMs: number, what: number, middle: number, by: number): number {
  const period = 300_000 + chance(device.seed, device.index, what) * 1_500_000;
  const phase = chance(device.seed, device.index, what, 1) * 2 * Math.PI;
  return middle + by * Math.sin(((nowMs % period) / period) * 2 * Math.PI + phase);
}

function poolsOf(device: Device): Pool[] {
  const memory = device.kind === 'server' ? 64 * GIB : 8 * GIB;
  const pools: Pool[] = [{ type: 'ram', name: 'Physical memory', unit: 1024, bytes: memory, used: 0.55 }];
  if (device.kind !== 'server')
    return [...pools, { type: 'disk', name: '/mnt/flash', unit: 4096, bytes: 8 * GIB, used: 0.3 }];
  return [
    ...pools,
    { type: 'virtual', name: 'Swap space', unit: 1024, bytes: 8 * GIB, used: 0.05 },
    { type: 'disk', name: '/', unit: 4096, bytes: 100 * GIB, used: 0.42 },
    { type: 'disk', name: '/var', unit: 4096, bytes: 400 * GIB, used: 0.71 },
    { type: 'disk', name: '/srv', unit: 4096, bytes: 3600 * GIB, used: 0.88 },
  ];
}

/** HOST-RESOURCES-MIB (RFC 2790): processors, memory, storage; for a server also load and memory as net-snmp gives them. */
export function hostVariables(sample: Device): Variable<Device>[] {
  const variables: Variable<Device>[] = [
    { oid: `${HR}.1.1.0`, value: { tag: SnmpType.timeTicks, number: upTime } },
    { oid: `${HR}.1.5.0`, value: gauge(() => 1) },
    { oid: `${HR}.1.6.0`, value: gauge((device, nowMs) => Math.round(swing(device, nowMs, 50, 210, 25))) },
  ];
  poolsOf(sample).forEach((pool, i) => {
    const index = pool.type === 'disk' ? 30 + i : 1 + i;
    const entry = `${HR}.2.3.1`;
    const used = (device: Device, nowMs: number): number =>
      Math.round((pool.bytes / pool.unit) * swing(device, nowMs, 60 + i, pool.used, 0.03));
    variables.push(
      { oid: `${entry}.1.${index}`, value: encodeNumber(SnmpType.integer, index) },
      { oid: `${entry}.2.${index}`, value: encodeOidValue(`${HR}.2.1.${TYPE[pool.type]}`) },
      { oid: `${entry}.3.${index}`, value: encodeOctets(pool.name) },
      { oid: `${entry}.4.${index}`, value: encodeNumber(SnmpType.integer, pool.unit) },
      { oid: `${entry}.5.${index}`, value: encodeNumber(SnmpType.integer, Math.round(pool.bytes / pool.unit)) },
      { oid: `${entry}.6.${index}`, value: { tag: SnmpType.integer, number: used } },
      { oid: `${entry}.7.${index}`, value: encodeNumber(SnmpType.counter32, 0) },
    );
  });
  const cores = sample.kind === 'server' ? 8 : 2;
  for (let core = 0; core < cores; core++) {
    const index = 196_608 + core;
    const load = (device: Device, nowMs: number): number => Math.round(swing(device, nowMs, 70 + core, 35, 30));
    variables.push(
      { oid: `${HR}.3.2.1.1.${index}`, value: encodeNumber(SnmpType.integer, index) },
      { oid: `${HR}.3.2.1.2.${index}`, value: encodeOidValue(`${HR}.3.1.3`) },
      { oid: `${HR}.3.2.1.3.${index}`, value: encodeOctets(`Processor ${core}`) },
      { oid: `${HR}.3.3.1.1.${index}`, value: encodeOidValue('0.0') },
      { oid: `${HR}.3.3.1.2.${index}`, value: { tag: SnmpType.integer, number: load } },
    );
  }
  return sample.kind === 'server' ? [...variables, ...netSnmpVariables()] : variables;
}

function netSnmpVariables(): Variable<Device>[] {
  const kib = (bytes: number): Uint8Array => encodeNumber(SnmpType.integer, bytes / 1024);
  const free = (device: Device, nowMs: number): number =>
    Math.round(((64 * GIB) / 1024) * (1 - swing(device, nowMs, 60, 0.55, 0.03) - 0.2));
  // The longer the average, the less it moves.
  const load = (device: Device, nowMs: number, i: number): number =>
    swing(device, nowMs, 80, 2.4, [2, 1.4, 0.6][i] ?? 0);
  const text = (of: (device: Device, nowMs: number) => string): Variable<Device>['value'] => ({
    tag: SnmpType.octetString,
    octets: (device, nowMs) => Buffer.from(of(device, nowMs)),
  });
  return [
    { oid: `${UCD}.4.3.0`, value: kib(8 * GIB) },
    { oid: `${UCD}.4.4.0`, value: kib(7.6 * GIB) },
    { oid: `${UCD}.4.5.0`, value: kib(64 * GIB) },
    { oid: `${UCD}.4.6.0`, value: { tag: SnmpType.integer, number: free } },
    { oid: `${UCD}.4.14.0`, value: kib(2 * GIB) },
    { oid: `${UCD}.4.15.0`, value: kib(10 * GIB) },
    ...[1, 5, 15].flatMap((minutes, i): Variable<Device>[] => [
      { oid: `${UCD}.10.1.1.${i + 1}`, value: encodeNumber(SnmpType.integer, i + 1) },
      { oid: `${UCD}.10.1.2.${i + 1}`, value: encodeOctets(`Load-${minutes}`) },
      { oid: `${UCD}.10.1.3.${i + 1}`, value: text((device, nowMs) => load(device, nowMs, i).toFixed(2)) },
      {
        oid: `${UCD}.10.1.5.${i + 1}`,
        value: { tag: SnmpType.integer, number: (device, nowMs) => Math.round(load(device, nowMs, i) * 100) },
      },
    ]),
  ];
}

function gauge(number: (device: Device, nowMs: number) => number): Variable<Device>['value'] {
  return { tag: SnmpType.gauge32, number };
}
