import { text as readAll } from 'node:stream/consumers';
import { CREDENTIAL_KINDS, Credential, CredentialUser } from '@sotp/contract/credentials.ts';
import { pageOf } from '@sotp/contract/lists.ts';
import type { Command } from 'commander';
import { Option } from 'commander';
import { AppError } from '#platform/errors.ts';
import type { ApiClient } from './api-client.ts';
import { findCredential, listCredentials } from './credential-names.ts';
import { registerCredentialSet } from './credential-set.ts';
import { connect, pages, withDataDir } from './connect.ts';
import type { CliContext, RegisterCommand } from './context.ts';
import { formatFields, formatTable } from './table.ts';

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

const Users = pageOf(CredentialUser);
const SECRET_WORDS = { current: 'the secret in use', next: 'the new secret', former: 'a former secret' } as const;

function usersOf(api: ApiClient, id: string): AsyncGenerator<CredentialUser> {
  return pages((cursor) => api.call('GET', `/credentials/${id}/devices`, Users, { query: { limit: 1000, cursor } }));
}

/** How far a rotation is, in words. */
function rotationWords({ rotation }: Credential): string {
  return rotation ? `${rotation.answered} of ${rotation.devices} devices answered to the new secret` : 'none';
}

/** The commands that put a new secret beside the old one, and drop one of the two. */
function registerRotation(credential: Command, context: CliContext): void {
  const say = (changed: Credential, json: boolean | undefined, words: string) =>
    json ? context.printJson(changed) : context.print(words);

  withDataDir(credential.command('rotate <credential>'))
    .description('put a new secret, read from standard input, beside the old one: both are valid until "finish"')
    .option('--json', 'as JSON')
    .action(async (text: string, options: { json?: boolean }, command: Command) => {
      const api = await connect(command);
      const { id, kind } = await findCredential(api, text);
      const body = { secret: await readSecret(kind) };
      const changed = await api.call('PUT', `/credentials/${id}/next`, Credential, { body });
      const next = `give the devices their new secret, watch "sotp credential show ${id}", then "sotp credential finish ${id}"`;
      say(changed, options.json, `Devices are asked with both secrets of ${changed.name} now: ${next}.`);
    });

  withDataDir(credential.command('finish <credential>'))
    .description('drop the old secret once all devices have answered to the new one')
    .option('--force', 'although some have not')
    .option('--json', 'as JSON')
    .action(async (text: string, options: { force?: boolean; json?: boolean }, command: Command) => {
      const api = await connect(command);
      const { id } = await findCredential(api, text);
      const body = { force: options.force ?? false };
      const changed = await api.call('POST', `/credentials/${id}/next/finish`, Credential, { body });
      say(changed, options.json, `${changed.name} has its new secret alone.`);
    });

  withDataDir(credential.command('cancel <credential>'))
    .description('give a rotation up: the new secret is dropped')
    .option('--json', 'as JSON')
    .action(async (text: string, options: { json?: boolean }, command: Command) => {
      const api = await connect(command);
      const { id } = await findCredential(api, text);
      const changed = await api.call('DELETE', `/credentials/${id}/next`, Credential);
      say(changed, options.json, `${changed.name} keeps the secret that it had.`);
    });
}

/** `sotp credential …`: what devices are asked with. */
export const registerCredential: RegisterCommand = (program, context) => {
  const credential = program.command('credential').description('add, list, rotate and remove credentials for devices');

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
        else rows.push([one.id, one.name, one.kind, String(one.deviceCount), rotationWords(one)]);
      }
      if (options.json) return;
      if (rows.length === 0) return context.note('No credentials.');
      for (const line of formatTable(['id', 'name', 'kind', 'devices', 'rotation'], rows)) context.print(line);
    });

  withDataDir(credential.command('show <credential>'))
    .description('show a credential without its secret: which devices use it, and when they last answered to it')
    .option('--json', 'as JSON: the credential in the first line, then one device a line')
    .action(async (text: string, options: { json?: boolean }, command: Command) => {
      const api = await connect(command);
      const found = await findCredential(api, text);
      const { id, name, kind, setCount } = found;
      if (options.json) context.printJson(found);
      const fields: [string, string][] = [
        ['id', id],
        ['name', name],
        ['kind', kind],
        ['sets', String(setCount)],
        ['rotation', rotationWords(found)],
      ];
      const rows: string[][] = [];
      for await (const user of usersOf(api, id)) {
        if (options.json) context.printJson(user);
        const secret = user.answeredWith ? SECRET_WORDS[user.answeredWith] : 'never';
        rows.push([
          user.name,
          user.address,
          user.status,
          user.own ? 'its own' : 'a set',
          secret,
          user.answeredAt ?? '',
        ]);
      }
      if (options.json) return;
      const heads = ['device', 'address', 'status', 'from', 'answered to', 'last'];
      for (const line of [...formatFields(fields), '', ...formatTable(heads, rows)]) context.print(line);
    });

  registerRotation(credential, context);
  registerCredentialSet(credential, context);

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
