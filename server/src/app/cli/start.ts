import type { Command } from 'commander';
import { loadConfig } from '#app/config/load.ts';
import type { RegisterCommand } from './context.ts';

interface StartOptions {
  readonly port?: string;
  readonly host?: string;
  readonly dataDir?: string;
  readonly roles?: string;
  readonly collectors?: string;
  readonly sites?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
  readonly demo?: string | true;
}

const DEMO_DEVICES = 25;

/** `sotp start`: runs SOTP until it is told to stop. */
export const registerStart: RegisterCommand = (program, context) => {
  program
    .command('start')
    .description('run SOTP: database, pages, API and collectors')
    .option('--port <port>', 'TCP port of the pages and the API (8080)')
    .option('--host <address>', 'address to listen on (127.0.0.1)')
    .option('--data-dir <directory>', 'where the data is kept (./data)')
    .option('--roles <list>', 'what this machine does (hub,collector)')
    .option('--collectors <number>', 'collector processes (one a core, at most 8)')
    .option('--sites <list>', 'poll only devices of these sites, and let nobody else do so')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent (info)')
    .option('--log-format <format>', 'pretty or json (pretty on a terminal)')
    .option('--demo [number]', `add simulated devices (${DEMO_DEVICES} when no number is given)`)
    .action(async (options: StartOptions, command: Command) => {
      const since = performance.timeOrigin;
      const globals = command.optsWithGlobals<{ config?: string }>();
      const demo = options.demo === true ? DEMO_DEVICES : options.demo;
      const config = loadConfig({ ...options, demo }, globals.config);
      const { runSupervisor } = await import('#app/supervisor/run.ts');
      process.exitCode = await runSupervisor(config, { print: context.print, since });
    });
};
