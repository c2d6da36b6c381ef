import { randomBytes } from 'node:crypto';
import { text as readAll } from 'node:stream/consumers';
import { BUILT_IN_ROLES, Password, UserCreate } from '@sotp/contract/access.ts';
import type { User } from '@sotp/contract/access.ts';
import type { Command } from 'commander';
import { Option } from 'commander';
import { AppError } from '#platform/errors.ts';
import type { RegisterCommand } from './context.ts';
import type { UseAccess } from './local-access.ts';
import { formatTable } from './table.ts';

interface PasswordOptions {
  passwordStdin?: boolean;
  json?: boolean;
}

/** Never from the command line itself: other users of the machine can read that. */
async function newPassword(fromStdin: boolean | undefined): Promise<{ password: string; made: boolean }> {
  if (!fromStdin) return { password: randomBytes(12).toString('base64url'), made: true };
  const given = Password.safeParse((await readAll(process.stdin)).replace(/\r?\n$/, ''));
  if (given.success) return { password: given.data, made: false };
  throw new AppError('validation_failed', `The password is too short or too long: ${given.error.issues[0]?.message}.`);
}

/** `sotp user …`: people's accounts, straight in the database. */
export const registerUser: RegisterCommand = (program, context) => {
  const user = program.command('user').description('add, list and remove users, set passwords');
  const dataDir = (command: Command) => command.option('--data-dir <directory>', 'of this SOTP (./data)');
  const role = () => new Option('--role <role>', 'what the user may do').choices([...BUILT_IN_ROLES]);
  const passwordStdin = 'read the password from standard input instead of making one up';

  async function access<T>(command: Command, use: UseAccess<T>) {
    const { withAccess } = await import('./local-access.ts');
    return withAccess(command, use);
  }

  function tell(action: string, one: User, password: { password: string; made: boolean }, json?: boolean): void {
    if (json) return context.printJson({ ...one, ...(password.made ? { password: password.password } : {}) });
    context.print(`${action} ${one.username} (${one.role}).`);
    if (password.made) context.print(`Password, shown this once: ${password.password}`);
  }

  dataDir(user.command('add <name>'))
    .description('add a user; the password is made up and shown once')
    .addOption(role().makeOptionMandatory())
    .option(
      '--site <site>',
      'may see only devices of this site; may be repeated',
      (site: string, before: string[] = []) => [...before, site],
    )
    .option('--password-stdin', passwordStdin)
    .option('--json', 'as JSON')
    .action(async (name: string, options: PasswordOptions & { role: string; site?: string[] }, command: Command) => {
      const password = await newPassword(options.passwordStdin);
      const scope = options.site ? { sites: options.site } : null;
      const input = UserCreate.safeParse({ username: name, role: options.role, scope, password: password.password });
      if (!input.success) throw new AppError('validation_failed', `name: ${input.error.issues[0]?.message}`);
      const added = await access(command, ({ users }, actor) => users.create(actor, input.data));
      tell('Added', added, password, options.json);
    });

  dataDir(user.command('list'))
    .description('list users')
    .option('--json', 'as JSON, one user a line')
    .action(async (options: { json?: boolean }, command: Command) => {
      const { items } = await access(command, ({ users }) => users.list({ limit: 1_000 }));
      if (options.json) return items.forEach((one) => context.printJson(one));
      const rows = items.map((one) => [
        one.username,
        one.role,
        one.disabled ? 'disabled' : 'enabled',
        one.scope ? one.scope.sites.join(', ') : 'all sites',
        one.lastLoginAt ?? 'never signed in',
      ]);
      for (const line of formatTable(['name', 'role', 'state', 'sites', 'last sign-in'], rows)) context.print(line);
    });

  async function find(command: Command, name: string, use: 'remove' | { password: string }): Promise<User> {
    return access(command, async ({ users }, actor) => {
      const found = await users.byName(name);
      if (use === 'remove') {
        await users.remove(actor, found.id);
        return found;
      }
      return users.update(actor, found.id, { password: use.password, disabled: false });
    });
  }

  dataDir(user.command('password <name>'))
    .description('give a user a new password, enable the account and end all its sessions')
    .option('--password-stdin', passwordStdin)
    .option('--json', 'as JSON')
    .action(async (name: string, options: PasswordOptions, command: Command) => {
      const password = await newPassword(options.passwordStdin);
      tell('Set the password of', await find(command, name, password), password, options.json);
    });

  dataDir(user.command('remove <name>'))
    .description('remove a user with all sessions and tokens')
    .option('--json', 'as JSON')
    .action(async (name: string, options: { json?: boolean }, command: Command) => {
      const removed = await find(command, name, 'remove');
      if (options.json) context.printJson(removed);
      else context.print(`Removed ${removed.username}.`);
    });
};
