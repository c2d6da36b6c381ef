import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MALLOC, nodeFlags } from '../../../server/src/app/supervisor/role-process.ts';

/** What all contenders poll: simulated switches, one loopback address each. */
export interface Plan {
  readonly devices: number;
  readonly ports: number;
  /** UDP port of all of them. */
  readonly port: number;
  readonly security: 'v2c' | 'v3';
}

/** Polls at once, for every contender. */
export const CONCURRENCY = 64;

/** What one round cost a contender's process. */
export interface Round {
  readonly polls: number;
  readonly varbinds: number;
  readonly cpuMicros: number;
  readonly wallMicros: number;
  /** What its transport says of its datagrams, where it says so: a round with repeats measures patience, not work. */
  readonly datagrams?: Datagrams;
}

/** Datagrams of a round. */
export interface Datagrams {
  readonly sent: number;
  /** Sent once more, and given up. */
  readonly retried: number;
  readonly timedOut: number;
}

/** A contender: a process of its own that knows all devices already. */
export interface Peer {
  readonly name: string;
  /** Polls device after device for that long. */
  round(ms: number): Promise<Round>;
  stop(): void;
}

/** A contender in Node: SOTP's collector over one of its transports, run as SOTP runs it, or the npm package. */
export async function startNodePeer(client: 'dgram' | 'koffi' | 'npm', plan: Plan): Promise<Peer> {
  const { devices, ports, port, security } = plan;
  const child = fork(new URL('./client.ts', import.meta.url), [client, devices, ports, port, security].map(String), {
    execArgv: client === 'npm' ? process.execArgv : [...process.execArgv, ...nodeFlags('collector', 2)],
    env: client === 'npm' ? process.env : { ...process.env, ...MALLOC },
  });
  await ready(child, once(child, 'message'));
  return {
    name: client === 'npm' ? 'npm net-snmp' : `sotp ${client}`,
    async round(ms) {
      const answer = once(child, 'message');
      child.send(ms);
      const [round] = (await answer) as [Round];
      return round;
    },
    stop: () => child.disconnect(),
  };
}

/** A contender that is any program: it says "ready", and answers lines "ms" with "polls varbinds cpuMicros wallMicros". */
export async function startProgramPeer(
  name: string,
  program: string,
  { devices, ports, port, security }: Plan,
  env: NodeJS.ProcessEnv,
): Promise<Peer> {
  const child = spawn(program, [devices, ports, port, security].map(String), {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await ready(child, lines.next());
  return {
    name,
    async round(ms) {
      child.stdin.write(`${ms}\n`);
      const { value } = await lines.next();
      const [polls = 0, varbinds = 0, cpuMicros = 0, wallMicros = 0] = String(value).split(' ').map(Number);
      return { polls, varbinds, cpuMicros, wallMicros };
    },
    stop: () => child.stdin.end(),
  };
}

async function ready(child: ChildProcess, told: Promise<unknown>): Promise<void> {
  const gone = once(child, 'exit').then(([status]) => {
    throw new Error(`a contender ended at once (${status})`);
  });
  gone.catch(() => undefined);
  await Promise.race([told, gone]);
}
