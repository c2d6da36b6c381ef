import { Command, CommanderError } from 'commander';
import { loadConfig } from '#app/config/load.ts';
import { version } from '#app/version.ts';
import { toAppError } from '#platform/errors.ts';
import { registerBackup } from './backup.ts';
import { registerCapture } from './capture.ts';
import { registerConfig } from './config.ts';
import type { CliContext, RegisterCommand } from './context.ts';
import { registerCredential } from './credential.ts';
import { registerDevice } from './device.ts';
import { registerDoctor } from './doctor.ts';
import { registerLogs } from './logs.ts';
import { registerMetrics } from './metrics.ts';
import { registerMib } from './mib.ts';
import { registerMigrate } from './migrate.ts';
import { registerProbe } from './probe.ts';
import { registerProfile } from './profile.ts';
import { registerReport } from './report.ts';
import { registerSimulate } from './simulate.ts';
import { registerSnmp } from './snmp.ts';
import { registerStart } from './start.ts';
import { registerToken } from './token.ts';
import { registerUser } from './user.ts';

/** Every command, in the order in which `sotp --help` shows them. */
const COMMANDS: readonly RegisterCommand[] = [
  registerStart,
  registerProbe,
  registerSnmp,
  registerMib,
  registerProfile,
  registerCapture,
  registerSimulate,
  registerDevice,
  registerCredential,
  registerLogs,
  registerReport,
  registerUser,
  registerToken,
  registerConfig,
  registerMigrate,
  registerMetrics,
  registerBackup,
  registerDoctor,
];

const FAILED = 1;
const WRONG_USAGE = 2;

function inform(command: Command): void {
  command.exitOverride().showHelpAfterError('(see --help)').helpCommand(false);
  for (const child of command.commands) inform(child);
}

/** Runs one command line and answers its exit status: 0 done, 1 failed, 2 wrong usage. */
export async function runProgram(args: readonly string[]): Promise<number> {
  // A reader that has seen enough (`| head`) closes the pipe: that ends the command and is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const program = new Command('sotp')
    .description('SOTP watches networks and servers.')
    .version(version)
    .option('--config <file>', 'configuration file (default: sotp.yaml in the current directory)')
    .option('--debug', 'show stack traces');
  const context: CliContext = {
    config: (options) => loadConfig({ dataDir: options?.dataDir }, program.opts<{ config?: string }>().config),
    print: (line) => void process.stdout.write(`${line}\n`),
    printJson: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
  };
  for (const register of COMMANDS) register(program, context);
  inform(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
    if (program.opts<{ debug?: boolean }>().debug) console.error(error);
    else context.note(`sotp: ${toAppError(error).message.replaceAll(/\s*\n\s*/g, ' ')}`);
    return FAILED;
  }
}
