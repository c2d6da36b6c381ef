import { writeFile } from 'node:fs/promises';
import type { Agent } from './agent.ts';
import { addressAfter } from './addresses.ts';
import { createFleet } from './fleet/fleet.ts';
import type { Quirk } from './fleet/device.ts';
import { openRecordings } from './replay.ts';
import type { SimulatedUser } from './secure.ts';
import { serve } from './serve.ts';

/** Devices that never were. */
export interface Generated {
  readonly devices: number;
  /** Ports of a switch. */
  readonly ports: number;
  readonly seed: number;
  /** Community that they answer to; any when left out. */
  readonly community?: string;
  /** SNMPv3 user that they answer to as well. */
  readonly user?: SimulatedUser;
  /** Only switches of one model, all well: for measuring. */
  readonly plain?: boolean;
}

export interface SimulatorOptions {
  /** First loopback address; each further agent gets the next one. */
  readonly listen: string;
  readonly port: number;
  readonly source: Generated | { readonly recording: string } | { readonly recordings: string };
  /** File to be written with a line `address<TAB>name` an agent. */
  readonly map?: string;
}

/** A simulated device as others need to know it. */
export interface SimulatedAgent {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** What is wrong with it; null when nothing. A dead one answers to ping, as every loopback address does, not to SNMP. */
  readonly quirk: Quirk | null;
}

export interface Simulator {
  readonly agents: readonly SimulatedAgent[];
  /** Requests received and responses sent so far. */
  readonly counters: { readonly received: number; readonly sent: number };
  stop(): Promise<void>;
}

const SLOW_MS = 1500;

/** Starts simulated SNMP agents on loopback addresses; resolves when all listen. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port } = options;
  const agents = await agentsOf(options);
  const server = await serve(
    agents.map(({ address, agent, quirk }) => ({ address, port, agent, delayMs: quirk === 'slow' ? SLOW_MS : 0 })),
  );
  if (options.map !== undefined) {
    await writeFile(options.map, agents.map(({ address, name }) => `${address}\t${name}\n`).join(''));
  }
  return {
    agents: agents.map(({ name, address, quirk }) => ({ name, address, port, quirk })),
    counters: server.counters,
    stop: () => server.stop(),
  };
}

async function agentsOf(options: SimulatorOptions): Promise<(Omit<SimulatedAgent, 'port'> & { agent: Agent })[]> {
  const { listen, source } = options;
  if ('devices' in source) {
    const fleet = createFleet({ ...source, listen });
    return fleet.devices.map(({ index, name, address, quirk }) => ({
      name,
      address,
      quirk,
      agent: fleet.agent(index),
    }));
  }
  const found = await openRecordings(
    'recording' in source ? { file: source.recording } : { folder: source.recordings },
  );
  return found.map(({ name, agent }, i) => ({ name, address: addressAfter(listen, i), quirk: null, agent }));
}
