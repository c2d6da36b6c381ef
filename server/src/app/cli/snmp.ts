import type { Command } from 'commander';
import type { CliContext, RegisterCommand } from './context.ts';
import { secretsOf, wholeNumber, withCredentials } from './snmp-options.ts';
import type { SnmpCredentialOptions } from './snmp-options.ts';

interface SnmpOptions extends SnmpCredentialOptions {
  readonly port: number;
  readonly tcp?: boolean;
  readonly timeout: number;
  readonly retries: number;
  readonly repetitions: number;
  readonly deadline: number;
  readonly v1?: boolean;
  readonly numeric?: boolean;
  readonly folder?: string[];
  readonly json?: boolean;
}

const VERBS = [
  ['get', '<oid...>', 'ask for instances: sysUpTime.0, IF-MIB::ifOperStatus.3, 1.3.6.1.2.1.1.5.0'],
  ['next', '<oid...>', 'ask for what comes behind each of them'],
  ['bulk', '<oid...>', 'ask once for many that come behind each of them (GETBULK)'],
  ['walk', '[oid...]', 'everything below them; the whole device without any'],
  [
    'set',
    '<name=value...>',
    'set instances: sysContact.0=me, ifAdminStatus.3=down; =string:text where no MIB says the type',
  ],
] as const;

/** `sotp snmp`: talk to a device by hand, with names, enumerations and units. */
export const registerSnmp: RegisterCommand = (program, context) => {
  const group = program.command('snmp').description('ask a device over SNMP by hand, with names from MIBs');
  for (const [verb, argument, about] of VERBS) {
    withOptions(
      group.command(verb).description(about).argument('<address>', 'ADDRESS or ADDRESS:PORT').argument(argument),
      verb,
    ).action((address: string, oids: string[], options: SnmpOptions) => talk(verb, address, oids, options, context));
  }
};

function withOptions(command: Command, verb: string): Command {
  withCredentials(command)
    .option('--v1', 'speak SNMPv1 with the community')
    .option('--port <port>', 'port where the address names none', wholeNumber(1, 65_535), 161)
    .option('--tcp', 'SNMP over TCP in place of UDP')
    .option('--timeout <ms>', 'how long to wait for an answer at most', wholeNumber(100, 60_000), 2000)
    .option('--retries <number>', 'how often an unanswered request is sent again', wholeNumber(0, 10), 2)
    .option('--deadline <seconds>', 'how long it may take as a whole', wholeNumber(1, 3600), 120)
    .option('--numeric', 'OIDs as numbers')
    .option('--folder <folder...>', 'folders of MIB files besides those of the configuration (mibs.folders)')
    .option('--json', 'one JSON object a value and line');
  if (verb === 'bulk' || verb === 'walk') {
    command.option(
      '--repetitions <number>',
      'how many to ask for at once',
      wholeNumber(1, 1000),
      verb === 'bulk' ? 10 : 30,
    );
  }
  return command;
}

async function talk(
  verb: string,
  address: string,
  oids: string[],
  options: SnmpOptions,
  context: CliContext,
): Promise<void> {
  const { converse } = await import('./snmp-run.ts');
  const [first] = secretsOf(options).filter(({ kind }) => !options.v1 || kind === 'snmp-v1');
  const folders = [...context.config().mibs.folders, ...(options.folder ?? [])];
  const faults = await converse({ ...options, verb, address, oids, folders, secret: first }, (shown) => {
    if (options.json) context.printJson(shown);
    else context.print(`${options.numeric ? shown.oid : shown.name} = ${shown.text}`);
  });
  for (const fault of faults) context.note(fault);
  if (faults.length > 0) process.exitCode = 1;
}
