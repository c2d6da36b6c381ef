import { InvalidArgumentError, Option } from 'commander';
import { AppError } from '#platform/errors.ts';
import { AUTH, PRIV } from '#protocols/snmp/usm/algorithms.ts';
import type { AuthProtocol, PrivProtocol } from '#protocols/snmp/usm/algorithms.ts';
import type { RegisterCommand } from './context.ts';

interface SimulateOptions {
  readonly devices: number;
  readonly ports: number;
  readonly seed: number;
  readonly community: string;
  readonly user?: string;
  readonly auth?: { protocol: AuthProtocol; password: string };
  readonly priv?: { protocol: PrivProtocol; password: string };
  readonly plain?: boolean;
  readonly recording?: string;
  readonly recordings?: string;
  readonly listen: string;
  readonly port: number;
  readonly map?: string;
}

/** `sotp simulate`: simulated SNMP agents, generated or replayed, until it is told to stop. */
export const registerSimulate: RegisterCommand = (program, context) => {
  program
    .command('simulate')
    .description('run simulated SNMP agents, one per loopback address')
    .option('--devices <number>', 'devices to generate', wholeNumber(1, 100_000), 25)
    .option('--ports <number>', 'ports of each switch among them', wholeNumber(1, 1000), 24)
    .option('--seed <number>', 'another number, other devices', wholeNumber(0, 0xffff_ffff), 1)
    .option('--community <name>', 'community that generated devices answer to', 'public')
    .option('--user <name>', 'SNMPv3 user that generated devices answer to as well')
    .option(
      '--auth <protocol:password>',
      'authentication of that user, as SHA256:secret-words',
      protocolAndPassword(AUTH),
    )
    .option('--priv <protocol:password>', 'privacy of that user, as AES:secret-words', protocolAndPassword(PRIV))
    .option('--plain', 'generate switches of one model only, all well: for measuring')
    .addOption(new Option('--recording <file>', 'replay one recording (.snmprec) instead').conflicts('recordings'))
    .option('--recordings <folder>', 'replay every recording in a folder instead')
    .option('--listen <address>', 'first loopback address', '127.30.0.1')
    .option('--port <port>', 'UDP port', wholeNumber(1, 65_535), 1161)
    .option('--map <file>', 'write address<TAB>name lines to this file')
    .action(async ({ recording, recordings, listen, port, map, user: name, auth, priv, ...shape }: SimulateOptions) => {
      const { startSimulator } = await import('@sotp/simulator/simulator.ts');
      process.title = 'sotp simulator';
      const generated = { ...shape, ...(name !== undefined && { user: { name, auth, priv } }) };
      const source = recording !== undefined ? { recording } : recordings !== undefined ? { recordings } : generated;
      const simulator = await startSimulator({ listen, port, map, source }).catch((cause: unknown) => {
        throw new AppError('bad_request', cause instanceof Error ? cause.message : String(cause), { cause });
      });
      const { agents } = simulator;
      const range = agents.length === 1 ? agents[0]?.address : `${agents[0]?.address} to ${agents.at(-1)?.address}`;
      context.note(`${agents.length} simulated agents on ${range}, UDP port ${port}; Ctrl-C stops them`);
      await new Promise<void>((resolve) => {
        process.once('SIGINT', resolve);
        process.once('SIGTERM', resolve);
      });
      await simulator.stop();
    });
};

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
  };
}

function protocolAndPassword<Protocol extends string>(known: Readonly<Record<Protocol, unknown>>) {
  const names = Object.keys(known) as Protocol[];
  return (text: string): { protocol: Protocol; password: string } => {
    const [prefix = '', ...rest] = text.split(':');
    const protocol = names.find((name) => name === prefix);
    const password = rest.join(':');
    if (protocol === undefined || password.length < 8) {
      throw new InvalidArgumentError(
        `It takes PROTOCOL:PASSWORD, 8 or more characters; protocols: ${names.join(', ')}.`,
      );
    }
    return { protocol, password };
  };
}
