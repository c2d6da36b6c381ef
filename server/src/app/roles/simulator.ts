import { createHash } from 'node:crypto';
import { startSimulator } from '@sotp/simulator/simulator.ts';
import type { Simulator } from '@sotp/simulator/simulator.ts';
import { DEMO_COMMUNITY } from './demo.ts';
import type { RoleFactory } from './role-context.ts';

const FIRST_ADDRESS = '127.31.0.1';
const PORTS = 24;
const FIRST_UDP_PORT = 20_000;
const UDP_PORTS = 10_000;

/** The UDP port of the demo devices: always the same for a data directory, so that their addresses hold over restarts. */
function portFor(dataDir: string): number {
  return FIRST_UDP_PORT + (createHash('sha256').update(dataDir).digest().readUInt32BE() % UDP_PORTS);
}

/** The simulated devices of `start --demo`. */
export const createSimulator: RoleFactory = ({ config }) => {
  let simulator: Simulator | undefined;
  return {
    async start() {
      simulator = await startSimulator({
        listen: FIRST_ADDRESS,
        port: portFor(config.dataDir),
        source: { devices: config.demo, ports: PORTS, seed: 1, community: DEMO_COMMUNITY },
      });
      return {
        agents: simulator.agents.map(({ name, address, port, quirk }) => ({
          name,
          address,
          port,
          dead: quirk === 'dead',
        })),
      };
    },
    async stop() {
      await simulator?.stop();
    },
  };
};
