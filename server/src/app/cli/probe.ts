import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import type { CredentialSecret } from '@sotp/contract/credentials.ts';
import type { CliContext, RegisterCommand } from './context.ts';
import { AppError } from '#platform/errors.ts';

interface ProbeOptions {
  readonly targets?: string;
  readonly port: number;
  readonly community?: string[];
  readonly v3User?: string;
  readonly v3AuthProtocol?: string;
  readonly v3AuthKey?: string;
  readonly v3PrivProtocol?: string;
  readonly v3PrivKey?: string;
  readonly v3Context?: string;
  readonly concurrency: number;
  readonly timeout: number;
  readonly retries: number;
  readonly deadline: number;
  readonly json?: boolean;
}

/** `sotp probe`: reads devices once and shows what SOTP would see of them; no database. */
export const registerProbe: RegisterCommand = (program, context) => {
  program
    .command('probe')
    .description('read devices once over SNMP and show what SOTP knows of them')
    .argument('[address...]', 'devices, ADDRESS or ADDRESS:PORT')
    .option('--targets <file>', 'more devices, one ADDRESS[:PORT] a line')
    .option('--port <port>', 'UDP port where the address names none', wholeNumber(1, 65_535), 161)
    .option('--community <name...>', 'communities to try, by SNMPv2c, then v1 (default: public)')
    .option('--v3-user <name>', 'SNMPv3 user')
    .option('--v3-auth-protocol <name>', 'MD5, SHA, SHA224, SHA256, SHA384 or SHA512')
    .option('--v3-auth-key <key>', 'authentication passphrase')
    .option('--v3-priv-protocol <name>', 'DES, AES, AES192 or AES256')
    .option('--v3-priv-key <key>', 'privacy passphrase')
    .option('--v3-context <name>', 'SNMPv3 context')
    .option('--concurrency <number>', 'devices asked at the same time', wholeNumber(1, 5000), 64)
    .option('--timeout <ms>', 'how long to wait for an answer at most', wholeNumber(100, 60_000), 2000)
    .option('--retries <number>', 'how often an unanswered request is sent again', wholeNumber(0, 10), 2)
    .option('--deadline <seconds>', 'how long one device may take as a whole', wholeNumber(1, 3600), 60)
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

function secretsOf(options: ProbeOptions): CredentialSecret[] {
  const secrets: CredentialSecret[] = [];
  if (options.v3User !== undefined) secrets.push(v3Secret(options.v3User, options));
  const communities = options.community ?? (options.v3User === undefined ? ['public'] : []);
  for (const kind of ['snmp-v2c', 'snmp-v1'] as const) {
    for (const community of communities) secrets.push({ kind, secret: { community } });
  }
  return secrets;
}

type V3 = Extract<CredentialSecret, { kind: 'snmp-v3' }>['secret'];

function v3Secret(username: string, options: ProbeOptions): CredentialSecret {
  const { v3AuthKey: authKey, v3PrivKey: privKey, v3Context: context } = options;
  const securityLevel = authKey === undefined ? 'noAuthNoPriv' : privKey === undefined ? 'authNoPriv' : 'authPriv';
  const secret = {
    username,
    securityLevel,
    ...(authKey === undefined ? {} : { authKey, authProtocol: options.v3AuthProtocol ?? 'SHA' }),
    ...(privKey === undefined ? {} : { privKey, privProtocol: options.v3PrivProtocol ?? 'AES' }),
    ...(context === undefined ? {} : { context }),
  };
  return { kind: 'snmp-v3', secret: secret as V3 };
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
  };
}
