import { CredentialSet, CredentialSetList } from '@sotp/contract/credential-sets.ts';
import type { Command } from 'commander';
import { AppError } from '#platform/errors.ts';
import type { ApiClient } from './api-client.ts';
import { connect, withDataDir } from './connect.ts';
import type { CliContext } from './context.ts';
import { credentialIds, listCredentials } from './credential-names.ts';
import { formatTable } from './table.ts';

interface SetOptions {
  readonly credential?: string[];
  readonly site?: string[];
  readonly subnet?: string[];
  readonly name?: string;
  readonly json?: boolean;
}

const collect = (value: string, before: string[] = []) => [...before, value];

async function listSets(api: ApiClient): Promise<CredentialSet[]> {
  return (await api.call('GET', '/credential-sets', CredentialSetList)).items;
}

/** The set that a person means, by name or id. */
async function findSet(api: ApiClient, text: string): Promise<CredentialSet> {
  const sets = await listSets(api);
  const found = sets.find(({ name }) => name === text) ?? sets.find(({ id }) => id === text);
  if (found) return found;
  throw new AppError('not_found', `There is no credential set “${text}”: "sotp credential set list" shows all.`);
}

async function bodyOf(api: ApiClient, { credential, site, subnet, name }: SetOptions) {
  const credentials = credential && (await credentialIds(api, credential));
  return { name, sites: site, subnets: subnet, credentials };
}

/** `sotp credential set …`: which credentials are tried where, and in which order. */
export function registerCredentialSet(credential: Command, context: CliContext): void {
  const set = credential.command('set').description('say which credentials are tried where, and in which order');
  const withFields = (command: Command) =>
    withDataDir(command)
      .option('--credential <name>', 'name or id of a credential, in the order to try; may be repeated', collect)
      .option('--site <site>', 'for devices of this site; may be repeated', collect)
      .option('--subnet <cidr>', 'for devices in this subnet; may be repeated', collect)
      .option('--json', 'as JSON');

  withFields(set.command('add <name>'))
    .description('add a set behind the others; without site and subnet it is for all devices')
    .action(async (name: string, options: SetOptions, command: Command) => {
      const api = await connect(command);
      const body = await bodyOf(api, { ...options, name });
      const added = await api.call('POST', '/credential-sets', CredentialSet, { body });
      if (options.json) context.printJson(added);
      else context.print(`Added ${added.name} as credential set ${added.id}.`);
    });

  withFields(set.command('change <set>'))
    .description('change a set: what is given replaces what it had')
    .option('--name <name>', 'call it so')
    .action(async (text: string, options: SetOptions, command: Command) => {
      const api = await connect(command);
      const { id } = await findSet(api, text);
      const body = await bodyOf(api, options);
      const changed = await api.call('PATCH', `/credential-sets/${id}`, CredentialSet, { body });
      if (options.json) context.printJson(changed);
      else context.print(`Changed ${changed.name}.`);
    });

  withDataDir(set.command('list'))
    .description('list sets in the order in which they are tried')
    .option('--json', 'as JSON, one set a line')
    .action(async (options: SetOptions, command: Command) => {
      const api = await connect(command);
      const sets = await listSets(api);
      if (options.json) return sets.forEach((one) => context.printJson(one));
      if (sets.length === 0) return context.note('No credential sets.');
      const names = new Map<string, string>();
      for await (const { id, name } of listCredentials(api)) names.set(id, name);
      const rows = sets.map(({ id, name, sites, subnets, credentials }) => [
        id,
        name,
        sites.join(', ') || 'all',
        subnets.join(', ') || 'all',
        credentials.map((one) => names.get(one) ?? one).join(', '),
      ]);
      for (const line of formatTable(['id', 'name', 'sites', 'subnets', 'credentials, in order'], rows)) {
        context.print(line);
      }
    });

  withDataDir(set.command('order <sets...>'))
    .description('put these sets first, in this order')
    .option('--json', 'as JSON, one set a line')
    .action(async (texts: string[], options: SetOptions, command: Command) => {
      const api = await connect(command);
      const ids: string[] = [];
      for (const text of texts) ids.push((await findSet(api, text)).id);
      const { items } = await api.call('PUT', '/credential-sets/order', CredentialSetList, { body: { ids } });
      if (options.json) items.forEach((one) => context.printJson(one));
      else context.print(`Tried in this order: ${items.map(({ name }) => name).join(', ')}.`);
    });

  withDataDir(set.command('remove <set>'))
    .description('remove a set; its credentials stay')
    .option('--json', 'as JSON')
    .action(async (text: string, options: SetOptions, command: Command) => {
      const api = await connect(command);
      const found = await findSet(api, text);
      await api.send('DELETE', `/credential-sets/${found.id}`);
      if (options.json) context.printJson(found);
      else context.print(`Removed ${found.name}.`);
    });
}
