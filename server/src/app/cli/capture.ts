import { writeFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { AppError } from '#platform/errors.ts';
import type { RegisterCommand } from './context.ts';
import { secretsOf, wholeNumber, withCredentials } from './snmp-options.ts';
import type { SnmpCredentialOptions } from './snmp-options.ts';

interface CaptureOptions extends SnmpCredentialOptions {
  readonly root?: string[];
  readonly maxVarbinds: number;
  readonly out?: string;
  readonly case?: string;
  readonly scrub?: boolean;
  readonly port: number;
  readonly timeout: number;
  readonly retries: number;
  readonly deadline: number;
}

/** Everything: IEEE's LLDP lies beside the internet tree. */
const ROOTS = ['1.0.8802', '1.2', '1.3'];

/** `sotp capture`: writes down what a device answers, to be replayed by `sotp simulate --recording`. */
export const registerCapture: RegisterCommand = (program, context) => {
  const command = program
    .command('capture')
    .description('write down what a device answers over SNMP, as a recording to replay or to report')
    .argument('<address>', 'ADDRESS or ADDRESS:PORT')
    .option('--out <file>', 'where to write the recording (default: stdout)')
    .option('--case <folder>', 'make a test case: the recording, under pseudonyms, and the facts that SOTP finds in it')
    .option('--root <oid...>', 'walk only below these OIDs (default: everything)', oids)
    .option('--max-varbinds <number>', 'variables to write down at most', wholeNumber(1, 10_000_000), 100_000)
    .option('--scrub', 'pseudonyms for names, contact, location, serial numbers, MAC and IP addresses')
    .option('--port <port>', 'UDP port where the address names none', wholeNumber(1, 65_535), 161);
  withCredentials(command)
    .option('--timeout <ms>', 'how long to wait for an answer at most', wholeNumber(100, 60_000), 2000)
    .option('--retries <number>', 'how often an unanswered request is sent again', wholeNumber(0, 10), 2)
    .option('--deadline <seconds>', 'how long the walk may take as a whole', wholeNumber(1, 86_400), 600)
    .action(async (address: string, options: CaptureOptions) => {
      const { capture } = await import('./capture-run.ts');
      const { lines, faults } = await capture(address, {
        ...options,
        roots: options.root ?? ROOTS,
        scrub: options.scrub ?? options.case !== undefined,
        secrets: secretsOf(options),
      });
      if (options.out !== undefined) write(options.out, lines);
      else if (options.case === undefined) for (const line of lines) context.print(line);
      if (options.case !== undefined) {
        const { writeCase } = await import('./case-run.ts');
        const facts = await writeCase(options.case, lines);
        const counts = Object.entries(facts).flatMap(([name, list]) =>
          Array.isArray(list) && list.length > 0 ? `${list.length} ${name}` : [],
        );
        context.note(`${options.case} is a case now: ${counts.join(', ') || 'identity only'}.`);
      }
      for (const { message } of faults) context.note(message);
      context.note(`${lines.length} variables${options.out === undefined ? '' : ` in ${options.out}`}.`);
      if (options.scrub || options.case !== undefined)
        context.note('Look it through before you pass it on: vendors keep names in many places.');
    });
};

function write(file: string, lines: readonly string[]): void {
  try {
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  } catch (cause) {
    throw new AppError('bad_request', `The recording cannot be written to ${file}.`, { cause });
  }
}

function oids(text: string, before: string[] | undefined): string[] {
  const oid = text.replace(/^\./, '');
  if (!/^[012](\.\d{1,10}){1,127}$/.test(oid)) throw new InvalidArgumentError('It takes an OID, as 1.3.6.1.2.1.');
  return [...(before ?? []), oid];
}
