import { createAgent } from '@sotp/simulator/agent.ts';
import type { Agent } from '@sotp/simulator/agent.ts';
import { buildMib } from '@sotp/simulator/mib.ts';
import type { Mib } from '@sotp/simulator/mib.ts';
import { createSecureAgent } from '@sotp/simulator/secure.ts';
import type { SimulatedUser } from '@sotp/simulator/secure.ts';
import { addressVariables, bridgeVariables, lldpVariables } from './bridge.ts';
import { createDevices, createLinks } from './device.ts';
import type { Device, End, FleetShape } from './device.ts';
import { hardwareVariables } from './hardware.ts';
import { hostVariables } from './host.ts';
import { counterValue, interfaceVariables } from './interfaces.ts';
import type { CounterColumn } from './interfaces.ts';
import { systemVariables } from './system.ts';
import { bootCount, bootedAt, engineIdOf, isAwake, operStatus, portOf, upTime } from './traffic.ts';
import { upsVariables } from './ups.ts';

export interface FleetOptions extends FleetShape {
  /** Community that the devices answer to; any when left out. */
  readonly community?: string;
  /** SNMPv3 user that they answer to as well. */
  readonly user?: SimulatedUser;
  /** Epoch ms; the wall clock when left out. */
  readonly now?: () => number;
}

/** Simulated devices, each with its agent, and the truth about them. */
export interface Fleet {
  readonly devices: readonly Device[];
  readonly links: readonly (readonly [End, End])[];
  /** The agent of a device; it is built when it is first asked. */
  agent(deviceIndex: number): Agent;
  /** What a counter of an interface shows at an instant (epoch ms). */
  counterAt(deviceIndex: number, ifIndex: number, column: CounterColumn, epochMs: number): number;
  /** IF-MIB's ifOperStatus at an instant. */
  operStatusAt(deviceIndex: number, ifIndex: number, epochMs: number): 1 | 2;
  /** The instant of the device's last start before this one. */
  bootedAt(deviceIndex: number, epochMs: number): number;
}

/** Makes a fleet. The same shape gives the same devices, and the same counters at the same instant. */
export function createFleet(options: FleetOptions): Fleet {
  const { community, user, now = Date.now, plain = false } = options;
  const devices = createDevices(options);
  const links = plain ? [] : createLinks(devices);
  const neighborsOf = new Map<number, { ifIndex: number; far: End }[]>();
  for (const [a, b] of links) {
    for (const [near, far] of [
      [a, b],
      [b, a],
    ] as const) {
      const list = neighborsOf.get(near.device) ?? [];
      neighborsOf.set(near.device, [...list, { ifIndex: near.ifIndex, far }]);
    }
  }
  function aliasOf(device: Device, ifIndex: number): string {
    const far = neighborsOf.get(device.index)?.find((neighbor) => neighbor.ifIndex === ifIndex)?.far;
    const neighbor = far === undefined ? undefined : devices[far.device];
    return neighbor ? `to ${neighbor.name}` : ifIndex % 3 === 0 ? `desk ${device.index}-${ifIndex}` : '';
  }
  function variablesOf(device: Device) {
    const variables = [...systemVariables(device), ...interfaceVariables(device, aliasOf)];
    if (plain) return variables;
    variables.push(...addressVariables(device), ...hardwareVariables(device));
    if (device.kind === 'ups') return [...variables, ...upsVariables(device)];
    variables.push(...hostVariables(device), ...lldpVariables(device, neighborsOf.get(device.index) ?? [], devices));
    if (device.kind !== 'server') variables.push(...bridgeVariables(device));
    return variables;
  }

  let shared: Mib<Device> | null = null;
  function mibOf(device: Device): Mib<Device> {
    // Plain devices differ in nothing that is stored.
    if (plain) return (shared ??= buildMib(variablesOf(device)));
    return buildMib(variablesOf(device));
  }
  function createAgentOf(device: Device): Agent {
    const parts = { mib: mibOf(device), device, now };
    const agent = createAgent({ ...parts, community });
    if (user === undefined) return agent;
    const engine = {
      id: engineIdOf(device),
      boots: () => bootCount(device, now()),
      time: () => Math.floor(upTime(device, now()) / 100),
    };
    return createSecureAgent({ plain: agent, inner: createAgent(parts), engine, user });
  }
  const agents: (Agent | undefined)[] = [];
  function deviceAt(index: number): Device {
    const device = devices[index];
    if (!device) throw new Error(`there is no device ${index}`);
    return device;
  }

  return {
    devices,
    links,
    agent(deviceIndex) {
      const device = deviceAt(deviceIndex);
      let agent: Agent | null = null;
      agents[deviceIndex] ??= {
        handle(request) {
          if (!isAwake(device, now())) return null;
          agent ??= createAgentOf(device);
          return agent.handle(request);
        },
      };
      return agents[deviceIndex];
    },
    counterAt: (deviceIndex, ifIndex, column, epochMs) => counterValue(deviceAt(deviceIndex), ifIndex, column, epochMs),
    operStatusAt: (deviceIndex, ifIndex, epochMs) =>
      operStatus(deviceAt(deviceIndex), portOf(deviceAt(deviceIndex), ifIndex), epochMs),
    bootedAt: (deviceIndex, epochMs) => bootedAt(deviceAt(deviceIndex), epochMs),
  };
}
