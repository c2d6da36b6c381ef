import { writeFile } from 'node:fs/promises';
import { addressAfter } from './addresses.ts';
import { openRecordings } from './replay.ts';
import { serve } from './serve.ts';
import type { Served } from './serve.ts';

/** Devices that never were. */
export interface Generated {
  readonly devices: number;
  /** Ports of a switch. */
  readonly ports: number;
  readonly seed: number;
  /** Community that they answer to. */
  readonly community: string;
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
}

export interface Simulator {
  readonly agents: readonly SimulatedAgent[];
  /** Requests received and responses sent so far. */
  readonly counters: { readonly received: number; readonly sent: number };
  stop(): Promise<void>;
}

/** Starts simulated SNMP agents on loopback addresses; resolves when all listen. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { listen, port, source } = options;
  if ('devices' in source) throw new Error('generated devices are still being built: use --recording or --recordings');
  const found = await openRecordings(
    'recording' in source ? { file: source.recording } : { folder: source.recordings },
  );
  const served: (Served & SimulatedAgent)[] = found.map(({ name, agent }, i) => ({
    name,
    address: addressAfter(listen, i),
    port,
    agent,
  }));
  const server = await serve(served);
  if (options.map !== undefined) {
    await writeFile(options.map, served.map(({ address, name }) => `${address}\t${name}\n`).join(''));
  }
  return {
    agents: served.map(({ name, address }) => ({ name, address, port })),
    counters: server.counters,
    stop: () => server.stop(),
  };
}
