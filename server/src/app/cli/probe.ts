import { readFileSync } from 'node:fs';
import type { CliContext, RegisterCommand } from './context.ts';
import { AppError } from '#platform/errors.ts';
import { secretsOf, wholeNumber, withCredentials } from './snmp-options.ts';
import type { SnmpCredentialOptions } from './snmp-options.ts';

interface ProbeOptions extends SnmpCredentialOptions {
  readonly targets?: string;
  readonly port: number;
  readonly tcp?: boolean;
  readonly concurrency: number;
  readonly timeout: number;
  readonly retries: number;
  readonly deadline: number;
  readonly profiles?: string[];
  readonly use?: string[];
  readonly json?: boolean;
}

/** `sotp probe`: reads devices once and shows what SOTP would see of them; no database. */
export const registerProbe: RegisterCommand = (program, context) => {
  const command = program
    .command('probe')
    .description('read devices once over SNMP and show what SOTP knows of them')
    .argument('[address...]', 'devices, ADDRESS or ADDRESS:PORT')
    .option('--targets <file>', 'more devices, one ADDRESS[:PORT] a line')
    .option('--port <port>', 'port where the address names none', wholeNumber(1, 65_535), 161)
    .option('--tcp', 'SNMP over TCP in place of UDP');
  withCredentials(command)
    .option('--concurrency <number>', 'devices asked at the same time', wholeNumber(1, 5000), 64)
    .option('--timeout <ms>', 'how long to wait for an answer at most', wholeNumber(100, 60_000), 2000)
    .option('--retries <number>', 'how often an unanswered request is sent again', wholeNumber(0, 10), 2)
    .option('--deadline <seconds>', 'how long one device may take as a whole', wholeNumber(1, 3600), 60)
    .option('--profiles <folder...>', 'folders of profiles to use besides those that SOTP brings along')
    .option('--use <name...>', 'profiles or Prometheus modules to read on every device, by name')
    .option('--json', 'one JSON object a device and line')
    .action(async (addresses: string[], options: ProbeOptions) => {
      const targets = [...addresses, ...(options.targets === undefined ? [] : targetsIn(options.targets))];
      if (targets.length === 0) throw new AppError('bad_request', 'Name a device, or a file of them with --targets.');
      const { probeAll } = await import('./probe-run.ts');
      const { formatInventory } = await import('./probe-format.ts');
      let failed = 0;
      await probeAll(targets, { ...options, secrets: secretsOf(options) }, (result) => {
        if (result.error !== undefined) failed++;
        if (options.json) context.printJson(result);
        else for (const line of formatInventory(result)) context.print(line);
      });
      report(context, targets.length, failed);
    });
};

function report(context: CliContext, total: number, failed: number): void {
  if (total > 1) context.note(`${total - failed} of ${total} devices answered.`);
  if (failed === total) process.exitCode = 1;
}

function targetsIn(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '');
  } catch (cause) {
    throw new AppError('bad_request', `The targets file ${file} cannot be read.`, { cause });
  }
}
