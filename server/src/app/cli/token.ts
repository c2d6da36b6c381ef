import { BUILT_IN_ROLES, RoleName } from '@sotp/contract/access.ts';
import type { Command } from 'commander';
import { Option } from 'commander';
import { parseStep } from '#domain/time-range.ts';
import { AppError } from '#platform/errors.ts';
import type { RegisterCommand } from './context.ts';
import type { UseAccess } from './local-access.ts';
import { formatTable } from './table.ts';

/** `sotp token …`: API tokens that belong to nobody, straight in the database. */
export const registerToken: RegisterCommand = (program, context) => {
  const token = program.command('token').description('create, list and revoke API tokens');
  const dataDir = (command: Command) => command.option('--data-dir <directory>', 'of this SOTP (./data)');

  async function access<T>(command: Command, use: UseAccess<T>) {
    const { withAccess } = await import('./local-access.ts');
    return withAccess(command, use);
  }

  dataDir(token.command('create <name>'))
    .description('create an API token and print it, this once')
    .addOption(new Option('--role <role>', 'what the token may do').choices([...BUILT_IN_ROLES]).makeOptionMandatory())
    .option('--expires <time>', 'when it expires: 12h, 30d, … (never)')
    .option('--json', 'as JSON')
    .action(async (name: string, options: { role: string; expires?: string; json?: boolean }, command: Command) => {
      const lifeMs = options.expires === undefined ? undefined : parseStep(options.expires);
      if (options.expires !== undefined && lifeMs === undefined) {
        throw new AppError('validation_failed', `--expires: “${options.expires}” is no time: write 12h, 30d, …`);
      }
      const expiresAt = lifeMs === undefined ? undefined : new Date(Date.now() + lifeMs).toISOString();
      const role = RoleName.parse(options.role);
      const created = await access(command, ({ tokens }, actor) => tokens.create(actor, { name, role, expiresAt }));
      if (options.json) context.printJson(created);
      else context.print(created.token);
    });

  dataDir(token.command('list'))
    .description('list API tokens')
    .option('--json', 'as JSON, one token a line')
    .action(async (options: { json?: boolean }, command: Command) => {
      const { items } = await access(command, ({ tokens }, actor) => tokens.list(actor, { limit: 1_000 }));
      if (options.json) return items.forEach((one) => context.printJson(one));
      const rows = items.map((one) => [
        one.id,
        one.name,
        one.role,
        one.createdBy ?? 'command line',
        one.expiresAt ?? 'never expires',
        one.lastUsedAt ?? 'never used',
      ]);
      for (const line of formatTable(['id', 'name', 'role', 'owner', 'expires', 'last used'], rows))
        context.print(line);
    });

  dataDir(token.command('remove <id>'))
    .description('revoke an API token')
    .option('--json', 'as JSON')
    .action(async (id: string, options: { json?: boolean }, command: Command) => {
      await access(command, ({ tokens }, actor) => tokens.remove(actor, id));
      if (options.json) context.printJson({ id });
      else context.print(`Revoked token ${id}.`);
    });
};
