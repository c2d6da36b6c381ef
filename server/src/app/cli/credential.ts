import { text as readAll } from 'node:stream/consumers';
import { CREDENTIAL_KINDS, Credential } from '@sotp/contract/credentials.ts';
import { pageOf } from '@sotp/contract/lists.ts';
import type { Command } from 'commander';
import { Option } from 'commander';
import { AppError } from '#platform/errors.ts';
import type { ApiClient } from './api-client.ts';
import { connect, pages, withDataDir } from './connect.ts';
import type { RegisterCommand } from './context.ts';
import { formatTable } from './table.ts';

const Credentials = pageOf(Credential);

/** Every credential, without secrets. */
export function listCredentials(api: ApiClient): AsyncGenerator<Credential> {
  return pages((cursor) => api.call('GET', '/credentials', Credentials, { query: { limit: 1000, cursor } }));
}

/** The credential that a person means, by name or id. */
async function findCredential(api: ApiClient, text: string): Promise<Credential> {
  const found: Credential[] = [];
  for await (const one of listCredentials(api)) if (one.name === text || one.id === text) found.push(one);
  const best = found.find(({ name }) => name === text) ?? found[0];
  if (best) return best;
  throw new AppError('not_found', `There is no credential “${text}”: "sotp credential list" shows all.`);
}

/** The secret from standard input: never from the command line, which every user of the machine can read. */
async function readSecret(kind: string): Promise<unknown> {
  const text = (await readAll(process.stdin)).trim();
  if (!text.startsWith('{') && (kind === 'snmp-v1' || kind === 'snmp-v2c')) return { community: text };
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('validation_failed', `The secret of ${kind} is one JSON object on standard input.`, { cause });
  }
}

/** `sotp credential …`: what devices are asked with. */
export const registerCredential: RegisterCommand = (program, context) => {
  const credential = program.command('credential').description('add, list and remove credentials for devices');

  withDataDir(credential.command('add <name>'))
    .description('add a credential; its secret is read from standard input')
    .addOption(new Option('--kind <kind>', 'what it is').choices([...CREDENTIAL_KINDS]).makeOptionMandatory())
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  echo public | sotp credential add lab --kind snmp-v2c
  sotp credential add core --kind snmp-v3 < core.json
    with {"username":"sotp","securityLevel":"authPriv","authProtocol":"SHA","authKey":"…","privProtocol":"AES","privKey":"…"}`,
    )
    .action(async (name: string, options: { kind: string; json?: boolean }, command: Command) => {
      const secret = await readSecret(options.kind);
      const api = await connect(command);
      const body = { name, kind: options.kind, secret };
      const added = await api.call('POST', '/credentials', Credential, { body });
      if (options.json) context.printJson(added);
      else context.print(`Added ${added.name} (${added.kind}) as credential ${added.id}.`);
    });

  withDataDir(credential.command('list'))
    .description('list credentials, without their secrets')
    .option('--json', 'as JSON, one credential a line')
    .action(async (options: { json?: boolean }, command: Command) => {
      const rows: string[][] = [];
      for await (const one of listCredentials(await connect(command))) {
        if (options.json) context.printJson(one);
        else rows.push([one.id, one.name, one.kind, String(one.deviceCount)]);
      }
      if (options.json) return;
      if (rows.length === 0) return context.note('No credentials.');
      for (const line of formatTable(['id', 'name', 'kind', 'devices'], rows)) context.print(line);
    });

  withDataDir(credential.command('remove <credential>'))
    .description('remove a credential that no device uses')
    .option('--json', 'as JSON')
    .action(async (text: string, options: { json?: boolean }, command: Command) => {
      const api = await connect(command);
      const found = await findCredential(api, text);
      await api.send('DELETE', `/credentials/${found.id}`);
      if (options.json) context.printJson(found);
      else context.print(`Removed ${found.name}.`);
    });
};
