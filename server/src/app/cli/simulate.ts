import { Option } from 'commander';
import { AppError } from '#platform/errors.ts';
import type { RegisterCommand } from './context.ts';

interface SimulateOptions {
  readonly devices: string;
  readonly ports: string;
  readonly seed: string;
  readonly community: string;
  readonly recording?: string;
  readonly recordings?: string;
  readonly listen: string;
  readonly port: string;
  readonly map?: string;
}

/** `sotp simulate`: simulated SNMP agents, generated or replayed, until it is told to stop. */
export const registerSimulate: RegisterCommand = (program, context) => {
  program
    .command('simulate')
    .description('run simulated SNMP agents, one per loopback address')
    .option('--devices <number>', 'devices to generate', '25')
    .option('--ports <number>', 'ports of each switch among them', '24')
    .option('--seed <number>', 'another number, other devices', '1')
    .option('--community <name>', 'community that generated devices answer to', 'public')
    .addOption(new Option('--recording <file>', 'replay one recording (.snmprec) instead').conflicts('recordings'))
    .option('--recordings <folder>', 'replay every recording in a folder instead')
    .option('--listen <address>', 'first loopback address', '127.30.0.1')
    .option('--port <port>', 'UDP port', '1161')
    .option('--map <file>', 'write address<TAB>name lines to this file')
    .action(async (options: SimulateOptions) => {
      const { startSimulator } = await import('@sotp/simulator/simulator.ts');
      process.title = 'sotp simulator';
      const simulator = await startSimulator({
        listen: options.listen,
        port: wholeNumber('--port', options.port, 1, 65_535),
        map: options.map,
        source:
          options.recording !== undefined
            ? { recording: options.recording }
            : options.recordings !== undefined
              ? { recordings: options.recordings }
              : {
                  devices: wholeNumber('--devices', options.devices, 1, 100_000),
                  ports: wholeNumber('--ports', options.ports, 1, 1000),
                  seed: wholeNumber('--seed', options.seed, 0, 0xffff_ffff),
                  community: options.community,
                },
      }).catch((cause: unknown) => {
        throw new AppError('bad_request', cause instanceof Error ? cause.message : String(cause), { cause });
      });
      const { agents } = simulator;
      context.note(
        `${agents.length} agents on ${agents[0]?.address} to ${agents.at(-1)?.address}, UDP port ${options.port}; Ctrl-C stops them`,
      );
      await new Promise<void>((resolve) => {
        process.once('SIGINT', resolve);
        process.once('SIGTERM', resolve);
      });
      await simulator.stop();
    });
};

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && text.trim() !== '' && value >= min && value <= max) return value;
  throw new AppError('bad_request', `${option} takes a whole number from ${min} to ${max}, not "${text}"`);
}
